// In place of ../library/jpeg_reader.cpp where the build found no libjpeg.
#include "data/reader/jpeg_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {

RawItem read_jpeg(std::span<const uint8_t>, const ReadLimits&) {
  fail_without_library("JPEG", "libjpeg", "libjpeg62-turbo-dev");
}

}  // namespace gulo
