// Stands in for byte_stem_cuda.cu where the build has no CUDA.
#include "base/error.h"
#include "kernel/byte_stem.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of the byte stem", "use --device cpu");
}
}  // namespace

void byte_stem_forward_cuda(const ByteStemShape&, const uint16_t*, const float*, const float*, uint16_t*, void*) {
  no_cuda();
}

void byte_stem_backward_cuda(const ByteStemShape&, const uint16_t*, const uint16_t*, float*, float*, void*) {
  no_cuda();
}

}  // namespace gulo
