#include "data/reader/tiny/sound_encoder.h"

#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

// A file in memory that grows where it is written behind its end.
struct Written {
  std::vector<uint8_t> bytes;
  size_t at = 0;
};

Written& written(void* user) { return *static_cast<Written*>(user); }

sf_count_t length_of(void* user) { return static_cast<sf_count_t>(written(user).bytes.size()); }

sf_count_t seek_in(sf_count_t offset, int whence, void* user) {
  Written& file = written(user);
  const size_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? file.at : file.bytes.size();
  file.at = from + static_cast<size_t>(offset);
  return static_cast<sf_count_t>(file.at);
}

sf_count_t read_from(void* to, sf_count_t count, void* user) {
  Written& file = written(user);
  const size_t n_bytes = std::min(static_cast<size_t>(count), file.bytes.size() - file.at);
  if (n_bytes > 0) std::memcpy(to, file.bytes.data() + file.at, n_bytes);
  file.at += n_bytes;
  return static_cast<sf_count_t>(n_bytes);
}

sf_count_t write_to(const void* from, sf_count_t count, void* user) {
  Written& file = written(user);
  file.bytes.resize(std::max(file.bytes.size(), file.at + static_cast<size_t>(count)));
  if (count > 0) std::memcpy(file.bytes.data() + file.at, from, static_cast<size_t>(count));
  file.at += static_cast<size_t>(count);
  return count;
}

sf_count_t place_in(void* user) { return static_cast<sf_count_t>(written(user).at); }

}  // namespace

std::vector<int16_t> tiny_wave(size_t n_frames, int n_channels) {
  std::vector<int16_t> values;
  for (size_t i = 0; i < n_frames * static_cast<size_t>(n_channels); ++i)
    values.push_back(static_cast<int16_t>(9000 * std::sin(0.05 * static_cast<double>(i)) + static_cast<double>(i % 7)));
  return values;
}

std::vector<uint8_t> encode_sound(int format, size_t n_frames, int n_channels, int rate_hz) {
  Written result;
  SF_VIRTUAL_IO io{length_of, seek_in, read_from, write_to, place_in};
  SF_INFO info{};
  info.format = format;
  info.channels = n_channels;
  info.samplerate = rate_hz;
  SNDFILE* const file = sf_open_virtual(&io, SFM_WRITE, &info, &result);
  if (!file) return {};
  sf_command(file, SFC_SET_SCALE_INT_FLOAT_WRITE, nullptr, SF_TRUE);
  const auto values = tiny_wave(n_frames, n_channels);
  if (n_frames > 0) sf_writef_short(file, values.data(), static_cast<sf_count_t>(n_frames));
  sf_close(file);
  return result.bytes;
}

void add_sound_files(std::vector<TinyFile>& files) {
  files.push_back({"WAV", "16 bit", encode_sound(SF_FORMAT_WAV | SF_FORMAT_PCM_16, 20, 2)});
  files.push_back({"WAV", "float", encode_sound(SF_FORMAT_WAV | SF_FORMAT_FLOAT, 20)});
  files.push_back({"WAV", "RF64", encode_sound(SF_FORMAT_RF64 | SF_FORMAT_PCM_24, 20)});
  files.push_back({"AIFF", "16 bit", encode_sound(SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 20, 2)});
  files.push_back({"AU", "u-law", encode_sound(SF_FORMAT_AU | SF_FORMAT_ULAW, 20)});
  files.push_back({"FLAC", "16 bit", encode_sound(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 50, 2)});
  files.push_back({"Ogg", "Opus", encode_sound(SF_FORMAT_OGG | SF_FORMAT_OPUS, 64, 1, 48000)});
}

}  // namespace gulo
