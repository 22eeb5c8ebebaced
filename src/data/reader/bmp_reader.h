// BMP of Windows and OS/2 (Microsoft's "Bitmap Storage"): uint8, 3 channels (RGB), or 4 (RGB and alpha) where 32 bits
// come with a mask for alpha. 1, 4 and 8 bits with a palette, 24 and 32 bits, rows from the top or from the bottom. Run
// lengths, 16 bits, masks that are not whole bytes, and JPEG or PNG inside are refused.
#pragma once

#include "data/reader/reader.h"

namespace gulo {

bool is_bmp(std::span<const uint8_t> head);

// Throws as Reader::read says.
RawItem read_bmp(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
