// PNG through libpng: uint8, or uint16 of a file with 16 bits; 1 channel (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB
// and alpha). A palette becomes the colours that it names, 1, 2 and 4 bits of grey become 8, and a transparent colour
// becomes alpha. Of an animation the still picture is read. Gamma and colour profile are not used.
#pragma once

#include "data/reader/file_bytes.h"
#include "data/reader/reader.h"

namespace gulo {

inline bool is_png(std::span<const uint8_t> head) { return begins_with(head, "\x89PNG\r\n\x1A\n"); }

// Throws as Reader::read says.
RawItem read_png(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
