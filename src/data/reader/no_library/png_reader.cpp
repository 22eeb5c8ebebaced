// In place of ../library/png_reader.cpp where the build found no libpng.
#include "data/reader/png_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {

RawItem read_png(std::span<const uint8_t>, const ReadLimits&) { fail_without_library("PNG", "libpng", "libpng-dev"); }

}  // namespace gulo
