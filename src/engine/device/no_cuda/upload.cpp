// Stands in for cuda/upload.cpp where the build has no CUDA.
#include "engine/device/upload.h"

#include "base/error.h"

namespace gulo {

std::unique_ptr<ChunkCopies> copies_to_cuda(size_t) {
  throw Error(ErrorKind::kDevice, "this build has no CUDA", "use --device cpu, or leave --device out");
}

}  // namespace gulo
