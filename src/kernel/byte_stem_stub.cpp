// Stands in for byte_stem.cu where the build has no CUDA.
#include "base/error.h"
#include "kernel/byte_stem.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of the byte stem", "use --device cpu");
}
}  // namespace

void byte_stem_forward_cuda(const ByteStemShape&, const uint16_t*, const float*, const float*, const uint8_t*, float*,
                            void*) {
  no_cuda();
}
void byte_stem_forward_cuda(const ByteStemShape&, const uint16_t*, const float*, const float*, const uint8_t*,
                            uint16_t*, void*) {
  no_cuda();
}
size_t byte_stem_backward_workspace(const ByteStemShape&) { no_cuda(); }
void byte_stem_backward_cuda(const ByteStemShape&, const uint16_t*, const float*, float*, float*, float*, void*) {
  no_cuda();
}
void byte_stem_backward_cuda(const ByteStemShape&, const uint16_t*, const uint16_t*, float*, float*, float*, void*) {
  no_cuda();
}

}  // namespace gulo
