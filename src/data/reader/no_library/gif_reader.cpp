// In place of ../library/gif_reader.cpp where the build found no giflib.
#include "data/reader/gif_reader.h"

#include "data/reader/no_library/missing_library.h"

namespace gulo {

RawItem read_gif(std::span<const uint8_t>, const ReadLimits&) { fail_without_library("GIF", "giflib", "libgif-dev"); }

}  // namespace gulo
