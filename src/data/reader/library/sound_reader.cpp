#include "data/reader/sound_reader.h"

#include <fmt/core.h>
#include <sndfile.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

constexpr int kMaxChannels = 8;
constexpr sf_count_t kFramesPerRead = sf_count_t{1} << 16;

// A file in memory, as libsndfile wants to see one.
struct MemoryFile {
  std::span<const uint8_t> bytes;
  sf_count_t at = 0;

  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
};

sf_count_t file_length(void* user) { return static_cast<MemoryFile*>(user)->size(); }

sf_count_t seek_file(sf_count_t offset, int whence, void* user) {
  auto& file = *static_cast<MemoryFile*>(user);
  const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : file.size();
  // A damaged header leads anywhere; the sum is kept from overflowing by its limits.
  file.at = from + std::clamp(offset, -from, file.size() - from);
  return file.at;
}

sf_count_t read_file(void* to, sf_count_t count, void* user) {
  auto& file = *static_cast<MemoryFile*>(user);
  const sf_count_t n_bytes = std::clamp(count, sf_count_t{0}, file.size() - file.at);
  if (n_bytes > 0) std::memcpy(to, file.bytes.data() + file.at, static_cast<size_t>(n_bytes));
  file.at += n_bytes;
  return n_bytes;
}

sf_count_t refuse_write(const void*, sf_count_t, void*) { return 0; }

sf_count_t tell_file(void* user) { return static_cast<MemoryFile*>(user)->at; }

ValueType value_type(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_ALAC_20:
    case SF_FORMAT_ALAC_24:
    case SF_FORMAT_ALAC_32:
      return ValueType::kInt32;
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE:
    case SF_FORMAT_VORBIS:
    case SF_FORMAT_OPUS:
    case SF_FORMAT_MPEG_LAYER_I:
    case SF_FORMAT_MPEG_LAYER_II:
    case SF_FORMAT_MPEG_LAYER_III:
      return ValueType::kFloat32;
    default:
      return ValueType::kInt16;
  }
}

sf_count_t read_frames(SNDFILE* sound, ValueType type, uint8_t* to, sf_count_t n_frames) {
  switch (type) {
    case ValueType::kInt32:
      return sf_readf_int(sound, reinterpret_cast<int*>(to), n_frames);
    case ValueType::kFloat32:
      return sf_readf_float(sound, reinterpret_cast<float*>(to), n_frames);
    default:
      return sf_readf_short(sound, reinterpret_cast<short*>(to), n_frames);
  }
}

void require_within(uint64_t n_bytes, const ReadLimits& limits) {
  require(n_bytes <= limits.max_bytes, ErrorKind::kData,
          fmt::format("the sound's samples take more than {}", format_bytes(static_cast<double>(limits.max_bytes))),
          "cut it into shorter pieces");
}

// Memory grows with what is decoded and not with what the header claims.
std::vector<uint8_t> read_all(SNDFILE* sound, ValueType type, size_t frame_bytes, const ReadLimits& limits) {
  std::vector<uint8_t> bytes;
  for (;;) {
    const size_t before = bytes.size();
    bytes.resize(before + static_cast<size_t>(kFramesPerRead) * frame_bytes);
    const sf_count_t n_read = std::max(sf_count_t{0}, read_frames(sound, type, bytes.data() + before, kFramesPerRead));
    bytes.resize(before + static_cast<size_t>(n_read) * frame_bytes);
    require_within(bytes.size(), limits);
    if (n_read < kFramesPerRead) break;
  }
  bytes.shrink_to_fit();
  return bytes;
}

RawItem decode_sound(std::span<const uint8_t> file, const ReadLimits& limits) {
  SF_VIRTUAL_IO memory_io{file_length, seek_file, read_file, refuse_write, tell_file};
  MemoryFile memory{file};
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> sound(sf_open_virtual(&memory_io, SFM_READ, &info, &memory),
                                                          sf_close);
  require(sound != nullptr, ErrorKind::kData,
          fmt::format("the sound cannot be decoded: {}", sf_error_number(sf_error(nullptr))));
  require(info.channels >= 1 && info.channels <= kMaxChannels, ErrorKind::kData,
          fmt::format("the sound has {} channels, 1 to {} are read", info.channels, kMaxChannels));
  const ValueType type = value_type(info.format);
  const size_t frame_bytes = static_cast<size_t>(info.channels) * value_bytes(type);
  const bool frames_known = info.frames > 0 && info.frames < SF_COUNT_MAX;
  if (frames_known)
    require(static_cast<uint64_t>(info.frames) <= UINT64_MAX / frame_bytes, ErrorKind::kData,
            "the sound's header lies");
  if (frames_known) require_within(static_cast<uint64_t>(info.frames) * frame_bytes, limits);
  RawItem item;
  item.bytes = read_all(sound.get(), type, frame_bytes, limits);
  const uint64_t n_frames = item.bytes.size() / frame_bytes;
  require(!frames_known || n_frames >= static_cast<uint64_t>(info.frames), ErrorKind::kData,
          fmt::format("the sound is cut short or damaged: it has {} of {} frames", n_frames, info.frames));
  require(n_frames > 0, ErrorKind::kData, "the sound has no samples");
  require(n_frames <= UINT32_MAX, ErrorKind::kData, "the sound is too long", "cut it into shorter pieces");
  item.shape = {.type = type,
                .extents = {static_cast<uint32_t>(n_frames), static_cast<uint32_t>(info.channels), 1},
                .rate_hz = static_cast<uint32_t>(std::max(0, info.samplerate))};
  return item;
}

RawItem read_sound(bool recognised, std::string_view format, std::span<const uint8_t> file, const ReadLimits& limits) {
  require(recognised, ErrorKind::kData, fmt::format("it is no {} sound", format));
  require(!sound_is_cut_short(file), ErrorKind::kData, "the sound is cut short: its header claims more than there is",
          "fetch or record it again");
  return is_unsized_wav(file) ? decode_sound(with_data_size(file), limits) : decode_sound(file, limits);
}

}  // namespace

RawItem read_wav(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_wav(file), "WAV", file, limits);
}
RawItem read_flac(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_flac(file), "FLAC", file, limits);
}
RawItem read_ogg(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_ogg(file), "Ogg", file, limits);
}
RawItem read_mp3(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_mp3(file), "MP3", file, limits);
}
RawItem read_aiff(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_aiff(file), "AIFF", file, limits);
}
RawItem read_au(std::span<const uint8_t> file, const ReadLimits& limits) {
  return read_sound(is_au(file), "AU", file, limits);
}

}  // namespace gulo
