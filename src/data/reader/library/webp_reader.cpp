#include "data/reader/webp_reader.h"

#include <webp/decode.h>

#include "base/error.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kFormat = "WebP";

void require_ok(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK:
      return;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      fail_cut_short(kFormat);
    case VP8_STATUS_OUT_OF_MEMORY:
      throw Error(ErrorKind::kDevice, "no memory for a WebP picture");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      fail_variant(kFormat, "of a kind that libwebp does not know");
    default:
      fail_damaged(kFormat, "libwebp cannot make sense of it");
  }
}

}  // namespace

RawItem read_webp(std::span<const uint8_t> file, const ReadLimits& limits) {
  WebPDecoderConfig config;
  require(WebPInitDecoderConfig(&config), ErrorKind::kDevice, "libwebp is another version than gulo was built with");
  require_ok(WebPGetFeatures(file.data(), file.size(), &config.input));
  if (config.input.has_animation) fail_variant(kFormat, "that are animated");
  const uint32_t n_channels = config.input.has_alpha ? 4 : 3;
  RawItem item = new_picture(
      kFormat, {static_cast<uint64_t>(config.input.height), static_cast<uint64_t>(config.input.width), n_channels},
      ValueType::kUint8, limits);
  config.output.colorspace = n_channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA = {.rgba = item.bytes.data(),
                          .stride = static_cast<int>(config.input.width * static_cast<int>(n_channels)),
                          .size = item.bytes.size()};
  require_ok(WebPDecode(file.data(), file.size(), &config));
  return item;
}

}  // namespace gulo
