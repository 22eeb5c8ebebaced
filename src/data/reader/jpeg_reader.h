// JPEG through libjpeg-turbo: uint8, 1 channel (grey) or 3 (RGB). Baseline and progressive. The orientation that EXIF
// names is not applied and the colour profile is not used. CMYK and YCCK, 12 bits and lossless JPEG are refused.
#pragma once

#include "data/reader/file_bytes.h"
#include "data/reader/reader.h"

namespace gulo {

inline bool is_jpeg(std::span<const uint8_t> head) { return begins_with(head, "\xFF\xD8\xFF"); }

// Throws as Reader::read says.
RawItem read_jpeg(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
