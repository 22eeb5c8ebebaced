// GIF through giflib: uint8, 3 channels (RGB), or 4 (RGB and alpha) where the frame names a transparent colour or
// leaves a part of the canvas free (0, 0, 0, 0). Only the first frame is read, composed on the canvas at its place;
// what lies outside of the canvas is not seen. Further frames, which an animation has, are not read and not checked.
#pragma once

#include "data/reader/file_bytes.h"
#include "data/reader/reader.h"

namespace gulo {

inline bool is_gif(std::span<const uint8_t> head) { return begins_with(head, "GIF87a") || begins_with(head, "GIF89a"); }

// Throws as Reader::read says.
RawItem read_gif(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
