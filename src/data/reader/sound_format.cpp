#include "data/reader/sound_format.h"

#include <optional>
#include <string_view>

#include "data/reader/file_bytes.h"

namespace gulo {
namespace {

constexpr uint32_t kUnknownBytes = 0x7FFFF000;  // and more: what is written by who cannot go back to put the size in

uint32_t big32(std::span<const uint8_t> file, size_t at) { return __builtin_bswap32(little32(file, at)); }

uint64_t little64(std::span<const uint8_t> file, size_t at) {
  return little32(file, at) | uint64_t{little32(file, at + 4)} << 32;
}

// The chunks of RIFF and IFF files: four letters, a size, and as many bytes, to an even number.
struct ChunkWalk {
  std::span<const uint8_t> file;
  bool big_endian;

  // Where the first chunk of that name has its bytes; nullopt: nowhere. claimed_bytes: its size by its own word.
  std::optional<size_t> find(std::string_view name, uint32_t& claimed_bytes) const {
    for (size_t at = 12; at + 8 <= file.size();) {
      claimed_bytes = big_endian ? big32(file, at + 4) : little32(file, at + 4);
      if (has_bytes_at(file, at, name)) return at + 8;
      at += 8 + size_t{claimed_bytes} + (claimed_bytes & 1);
    }
    return std::nullopt;
  }
};

bool wav_is_cut_short(std::span<const uint8_t> file) {
  const ChunkWalk chunks{file, begins_with(file, "RIFX")};
  uint32_t claimed = 0, size64 = 0;
  const auto data = chunks.find("data", claimed);
  if (!data) return false;
  const auto sizes = begins_with(file, "RF64") ? chunks.find("ds64", size64) : std::nullopt;
  if (sizes && *sizes + 16 <= file.size()) {
    const uint64_t claimed64 = little64(file, *sizes + 8);
    return claimed64 < ~uint64_t{0} && claimed64 > file.size() - *data;
  }
  return claimed < kUnknownBytes && claimed > file.size() - *data;
}

bool aiff_is_cut_short(std::span<const uint8_t> file) {
  uint32_t claimed = 0;
  const auto data = ChunkWalk{file, true}.find("SSND", claimed);
  return data && claimed < kUnknownBytes && claimed > file.size() - *data;
}

bool au_is_cut_short(std::span<const uint8_t> file) {
  if (file.size() < 12) return true;
  const bool big_endian = begins_with(file, ".snd");
  const uint32_t data = big_endian ? big32(file, 4) : little32(file, 4);
  const uint32_t claimed = big_endian ? big32(file, 8) : little32(file, 8);
  return claimed < kUnknownBytes && uint64_t{data} + claimed > file.size();
}

// An Ogg file has no size of its own: it is cut short where its last page is.
bool ogg_is_cut_short(std::span<const uint8_t> file) {
  constexpr size_t kHeadBytes = 27;
  size_t at = 0;
  while (has_bytes_at(file, at, "OggS")) {
    if (file.size() - at < kHeadBytes) return true;
    const size_t n_segments = file[at + kHeadBytes - 1];
    if (file.size() - at - kHeadBytes < n_segments) return true;
    size_t page_bytes = kHeadBytes + n_segments;
    for (size_t i = 0; i < n_segments; ++i) page_bytes += file[at + kHeadBytes + i];
    if (file.size() - at < page_bytes) return true;
    at += page_bytes;
  }
  return false;
}

// The length of an MPEG layer III frame whose four bytes of head begin at `at`; 0: there is none.
size_t mp3_frame_bytes(std::span<const uint8_t> file, size_t at) {
  constexpr int kKbps1[] = {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  constexpr int kKbps2[] = {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
  constexpr int kRateHz[] = {44100, 48000, 32000};
  if (at + 4 > file.size() || file[at] != 0xFF || (file[at + 1] & 0xE6) != 0xE2) return 0;
  const int version = file[at + 1] >> 3 & 3;  // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const int bit_rate = file[at + 2] >> 4, rate = file[at + 2] >> 2 & 3, padding = file[at + 2] >> 1 & 1;
  if (version == 1 || bit_rate == 0 || bit_rate == 15 || rate == 3) return 0;
  const int rate_hz = kRateHz[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  const int kbps = version == 3 ? kKbps1[bit_rate] : kKbps2[bit_rate];
  const int frame_bytes = (version == 3 ? 144000 : 72000) * kbps / rate_hz + padding;
  return static_cast<size_t>(frame_bytes);
}

}  // namespace

bool is_wav(std::span<const uint8_t> head) {
  return has_bytes_at(head, 8, "WAVE") &&
         (begins_with(head, "RIFF") || begins_with(head, "RIFX") || begins_with(head, "RF64"));
}

bool is_flac(std::span<const uint8_t> head) { return begins_with(head, "fLaC"); }

bool is_ogg(std::span<const uint8_t> head) { return begins_with(head, {"OggS\0", 5}); }

bool is_mp3(std::span<const uint8_t> head) {
  if (begins_with(head, "ID3")) return head.size() >= 10 && head[3] < 0x10 && head[4] < 0xFF;
  const size_t frame_bytes = mp3_frame_bytes(head, 0);
  // Two bytes alike are chance: a second frame has to follow, where it can be seen.
  return frame_bytes > 0 && (frame_bytes + 4 > head.size() || mp3_frame_bytes(head, frame_bytes) > 0);
}

bool is_aiff(std::span<const uint8_t> head) {
  return begins_with(head, "FORM") && (has_bytes_at(head, 8, "AIFF") || has_bytes_at(head, 8, "AIFC"));
}

bool is_au(std::span<const uint8_t> head) { return begins_with(head, ".snd") || begins_with(head, "dns."); }

bool sound_is_cut_short(std::span<const uint8_t> file) {
  if (is_wav(file)) return wav_is_cut_short(file);
  if (is_aiff(file)) return aiff_is_cut_short(file);
  if (is_au(file)) return au_is_cut_short(file);
  return is_ogg(file) && ogg_is_cut_short(file);
}

// libsndfile takes a data chunk of 0 bytes by its word. A program that wrote into a pipe means all that follows; one
// that says how long the whole file is means 0.
bool is_unsized_wav(std::span<const uint8_t> file) {
  uint32_t claimed = 1;
  if (!begins_with(file, "RIFF") || !is_wav(file)) return false;
  const auto data = ChunkWalk{file, false}.find("data", claimed);
  return data && claimed == 0 && uint64_t{little32(file, 4)} + 8 < file.size();
}

std::vector<uint8_t> with_data_size(std::span<const uint8_t> file) {
  std::vector<uint8_t> patched(file.begin(), file.end());
  uint32_t claimed = 0;
  const auto data = ChunkWalk{file, false}.find("data", claimed);
  const uint64_t n_bytes = data ? file.size() - *data : 0;
  if (n_bytes > 0 && n_bytes < kUnknownBytes)
    for (size_t i = 0; i < 4; ++i) patched[*data - 4 + i] = static_cast<uint8_t>(n_bytes >> 8 * i);
  return patched;
}

}  // namespace gulo
