// In place of ../library/tiff_reader.cpp where the build found no libtiff.
#include "data/reader/tiff_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {

RawItem read_tiff(std::span<const uint8_t>, const ReadLimits&) {
  fail_without_library("TIFF", "libtiff", "libtiff-dev");
}

}  // namespace gulo
