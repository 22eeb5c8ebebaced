// In place of ../sound_decoder.cpp where the build found no libsndfile.
#include "data/reader/sound_decoder.h"

#include "base/error.h"

namespace gulo {

RawItem decode_sound(std::span<const uint8_t>, const ReadLimits&) {
  throw Error(ErrorKind::kData, "this build has no libsndfile",
              "install libsndfile1-dev and build gulo again, or take the file as it lies by --as bytes");
}

}  // namespace gulo
