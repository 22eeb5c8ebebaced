// PBM, PGM and PPM, as text (P1 to P3) and binary (P4 to P6), after netpbm's manual: 1 channel (grey) or 3 (RGB);
// uint8, or uint16 where the largest value is above 255. Values are given in their type's unit: v * 255 / maxval (65535
// for uint16), which tells apart whatever the file does; a bit of PBM is 0 (black) or 255. Of a file with several
// pictures the first.
#pragma once

#include "data/reader/reader.h"

namespace gulo {

bool is_pnm(std::span<const uint8_t> head);

// Throws as Reader::read says.
RawItem read_pnm(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
