// In place of ../library/webp_reader.cpp where the build found no libwebp.
#include "data/reader/webp_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {

RawItem read_webp(std::span<const uint8_t>, const ReadLimits&) {
  fail_without_library("WebP", "libwebp", "libwebp-dev");
}

}  // namespace gulo
