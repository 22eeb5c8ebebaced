// For tests: PNG files through libpng.
#pragma once

#include <array>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

struct PngOptions {
  bool interlaced = false;
  unsigned bits = 8;                              // of uint8 pictures: 1, 2, 4, 8; uint16 are 16 bits
  std::vector<std::array<uint8_t, 4>> palette{};  // where there is one, the picture's values are indices
  int transparent = -1;                           // of grey and RGB: the value, in every channel, that is transparent
};

// Values of less than 8 bits lie one in a byte.
std::vector<uint8_t> encode_png(const RawItem& picture, const PngOptions& options = {});

}  // namespace gulo
