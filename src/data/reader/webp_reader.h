// WebP through libwebp, lossy and lossless: uint8, 3 channels (RGB) or 4 (RGB and alpha), as the header says. An
// animation is refused. EXIF's orientation and colour profile are not used.
#pragma once

#include "data/reader/file_bytes.h"
#include "data/reader/reader.h"

namespace gulo {

inline bool is_webp(std::span<const uint8_t> head) {
  return begins_with(head, "RIFF") && has_bytes_at(head, 8, "WEBP");
}

// Throws as Reader::read says.
RawItem read_webp(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
