// One .npy array as one item of kind samples: shape (T) or (T, C), up to 4096 channels, types as number_type says.
#pragma once

#include "data/reader/npy_array.h"

namespace gulo {

// Throws as Reader::read says.
RawItem read_npy(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
