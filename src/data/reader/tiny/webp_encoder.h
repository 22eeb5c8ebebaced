// For tests: WebP files through libwebp.
#pragma once

#include <vector>

#include "data/reader/reader.h"

namespace gulo {

// `picture`: uint8 with 3 or 4 channels. Without loss, or of the quality 90.
std::vector<uint8_t> encode_webp(const RawItem& picture, bool lossless = true);

}  // namespace gulo
