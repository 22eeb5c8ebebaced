// For tests: JPEG files through libjpeg-turbo.
#pragma once

#include <vector>

#include "data/reader/reader.h"

namespace gulo {

struct JpegOptions {
  bool progressive = false;
  bool arithmetic = false;
  int quality = 95;
};

// `picture`: uint8 with 1 channel (grey), 3 (RGB) or 4 (CMYK).
std::vector<uint8_t> encode_jpeg(const RawItem& picture, const JpegOptions& options = {});

}  // namespace gulo
