// For tests: TIFF files through libtiff.
#pragma once

#include <array>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

enum class TiffColours { kGrey, kWhiteIsZero, kPalette, kRgb, kYcbcr, kCmyk };

struct TiffOptions {
  TiffColours colours = TiffColours::kGrey;
  unsigned bits = 8;  // of uint8 pictures: 1, 2, 4, 8 (values lie one in a byte); uint16 are 16 bits
  bool separate_planes = false;
  uint32_t tile = 0;  // 0: strips
  uint32_t rows_per_strip = 3;
  bool lzw = false, jpeg = false;
  bool big_tiff = false, other_byte_order = false;
  bool floats = false;                             // says that the numbers are floating point
  std::vector<std::array<uint16_t, 3>> palette{};  // 1 << bits colours; the picture has indices
  uint32_t n_pages = 1;                            // the same picture again and again
};

std::vector<uint8_t> encode_tiff(const RawItem& picture, const TiffOptions& options = {});

}  // namespace gulo
