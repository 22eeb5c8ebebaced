// The list of formats: a new one is its file and one line here.
#include <vector>

#include "data/reader/npy_reader.h"
#include "data/reader/reader.h"
#include "data/reader/sound_reader.h"

namespace gulo {

std::span<const Reader> readers() {
  // clang-format off
  static const std::vector<Reader> all = {
      {"WAV", Kind::kSamples, is_wav, read_sound},
      {"FLAC", Kind::kSamples, is_flac, read_sound},
      {"Ogg", Kind::kSamples, is_ogg, read_sound},
      {"AIFF", Kind::kSamples, is_aiff, read_sound},
      {"AU", Kind::kSamples, is_au, read_sound},
      {"NumPy", Kind::kSamples, is_npy, read_npy},
      {"MP3", Kind::kSamples, is_mp3, read_sound},
  };
  // clang-format on
  return all;
}

}  // namespace gulo
