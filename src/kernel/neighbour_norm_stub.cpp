// Stands in for neighbour_norm.cu where the build has no CUDA.
#include "kernel/neighbour_norm.h"

#include "base/error.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA version of neighbour_norm", "use --device cpu");
}
}  // namespace

void neighbour_norm_forward_cuda(const NeighbourNormForward<float>&, void*) { no_cuda(); }
void neighbour_norm_forward_cuda(const NeighbourNormForward<uint16_t>&, void*) { no_cuda(); }
void neighbour_norm_backward_cuda(const NeighbourNormBackward<float>&, void*) { no_cuda(); }
void neighbour_norm_backward_cuda(const NeighbourNormBackward<uint16_t>&, void*) { no_cuda(); }

}  // namespace gulo
