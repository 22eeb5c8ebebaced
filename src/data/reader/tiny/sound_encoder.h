// For tests: sound files through libsndfile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gulo {

// A wave whose every value is another than its neighbours, [n_frames, n_channels].
std::vector<int16_t> tiny_wave(size_t n_frames, int n_channels);

// That wave as a file; `format` is libsndfile's. Empty where libsndfile writes no such file.
std::vector<uint8_t> encode_sound(int format, size_t n_frames = 4000, int n_channels = 1, int rate_hz = 8000);

}  // namespace gulo
