// What libsndfile makes of a sound file in memory. A build without it takes no_libsndfile/sound_decoder.cpp instead of
// sound_decoder.cpp.
#pragma once

#include "data/reader/reader.h"

namespace gulo {

// Samples [T, C] as sound_reader.h says. Throws Error (kData): cannot be decoded, fewer frames than it says, none, more
// than 8 channels, over the limits; and always in a build without libsndfile.
RawItem decode_sound(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
