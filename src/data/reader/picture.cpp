#include "data/reader/picture.h"

#include <fmt/core.h>

#include <limits>

#include "base/error.h"

namespace gulo {
namespace {

// Overflow-safe: height and width are below 2^32, a pixel takes at most 16 bytes.
bool fits(const PictureSize& size, ValueType type, uint64_t max_bytes) {
  const uint64_t row_bytes = size.width * size.n_channels * value_bytes(type);
  return size.height <= max_bytes / row_bytes;
}

std::string size_text(const PictureSize& size) {
  return fmt::format("{} x {} pixels of {} channel{}", size.width, size.height, size.n_channels,
                     size.n_channels == 1 ? "" : "s");
}

}  // namespace

void check_picture(std::string_view format, const PictureSize& size, ValueType type, const ReadLimits& limits) {
  constexpr uint64_t kMaxExtent = std::numeric_limits<uint32_t>::max();
  require(size.height > 0 && size.width > 0, ErrorKind::kData,
          fmt::format("the {} picture is empty: {}", format, size_text(size)));
  require(size.height <= kMaxExtent && size.width <= kMaxExtent && fits(size, type, limits.max_bytes), ErrorKind::kData,
          fmt::format("the {} picture says that it has {}: too large", format, size_text(size)),
          fmt::format("an item may have {} bytes of values", limits.max_bytes));
}

RawItem new_picture(std::string_view format, const PictureSize& size, ValueType type, const ReadLimits& limits) {
  check_picture(format, size, type, limits);
  RawItem item;
  item.shape = {.type = type,
                .extents = {static_cast<uint32_t>(size.height), static_cast<uint32_t>(size.width), size.n_channels}};
  item.bytes.resize(item.shape.n_bytes());
  return item;
}

void fail_damaged(std::string_view format, std::string_view why) {
  throw Error(ErrorKind::kData, fmt::format("damaged {} picture: {}", format, why));
}

void fail_cut_short(std::string_view format) {
  throw Error(ErrorKind::kData, fmt::format("the {} picture is cut short", format));
}

void fail_variant(std::string_view format, std::string_view variant) {
  throw Error(ErrorKind::kData, fmt::format("{} pictures {} are not read", format, variant),
              "convert it to PNG without loss, or give it as bytes (--as bytes)");
}

void unpack_bits(const uint8_t* packed, unsigned bits, size_t n_values, uint8_t* values) {
  const unsigned per_byte = 8 / bits, mask = (1u << bits) - 1;
  for (size_t i = 0; i < n_values; ++i) {
    const unsigned shift = 8 - bits * (1 + i % per_byte);
    values[i] = static_cast<uint8_t>(packed[i / per_byte] >> shift & mask);
  }
}

}  // namespace gulo
