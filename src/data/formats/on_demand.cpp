// In the light program, in place of the readers that need a library: loads them.
#include "base/plugin.h"
#include "data/formats/formats.h"

namespace gulo {
namespace {

const Formats& formats() {
  static const Formats* const loaded = reinterpret_cast<GetFormats*>(
      plugin_symbol(kFormatsPlugin, kGetFormats, "what reads archives, pictures and sound is not there",
                    "it belongs beside gulo: build gulo again"))();
  return *loaded;
}

}  // namespace

std::unique_ptr<ArchiveReader> open_archive(const std::string& path) { return formats().open_archive(path); }

std::vector<uint8_t> unpack_file(const std::string& path, uint64_t max_bytes) {
  return formats().unpack_file(path, max_bytes);
}

RawItem read_jpeg(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_jpeg(file, limits); }
RawItem read_png(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_png(file, limits); }
RawItem read_webp(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_webp(file, limits); }
RawItem read_gif(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_gif(file, limits); }
RawItem read_tiff(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_tiff(file, limits); }
RawItem read_wav(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_wav(file, limits); }
RawItem read_flac(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_flac(file, limits); }
RawItem read_ogg(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_ogg(file, limits); }
RawItem read_mp3(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_mp3(file, limits); }
RawItem read_aiff(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_aiff(file, limits); }
RawItem read_au(std::span<const uint8_t> file, const ReadLimits& limits) { return formats().read_au(file, limits); }

}  // namespace gulo
