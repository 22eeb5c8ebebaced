// TIFF and BigTIFF through libtiff, in strips and tiles and every compression that it was built with: uint8, or uint16
// of a file with 16 bits; 1 channel (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB and alpha). A palette becomes the
// colours that it names, as uint16 since that is what they are; 1, 2 and 4 bits of grey become 8; "white is zero" is
// turned round. Alpha is as it lies there, colours multiplied by it or not. Of several pages the first is read; the
// orientation is not applied. Floating point, CMYK, Lab, YCbCr outside of JPEG compression, and further channels are
// refused.
#pragma once

#include "data/reader/file_bytes.h"
#include "data/reader/reader.h"

namespace gulo {

inline bool is_tiff(std::span<const uint8_t> head) {
  return begins_with(head, {"II*\0", 4}) || begins_with(head, {"MM\0*", 4}) || begins_with(head, {"II+\0", 4}) ||
         begins_with(head, {"MM\0+", 4});
}

// Throws as Reader::read says.
RawItem read_tiff(std::span<const uint8_t> file, const ReadLimits& limits);

}  // namespace gulo
