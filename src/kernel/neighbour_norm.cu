#include "kernel/neighbour_norm.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void neighbour_norm_forward_cuda(const NeighbourNormForward<float>& kernel, void* stream) {
  launch("neighbour_norm forward", kernel.grid(), kernel, stream);
}
void neighbour_norm_forward_cuda(const NeighbourNormForward<uint16_t>& kernel, void* stream) {
  launch("neighbour_norm forward", kernel.grid(), kernel, stream);
}
void neighbour_norm_backward_cuda(const NeighbourNormBackward<float>& kernel, void* stream) {
  launch("neighbour_norm backward", kernel.grid(), kernel, stream);
}
void neighbour_norm_backward_cuda(const NeighbourNormBackward<uint16_t>& kernel, void* stream) {
  launch("neighbour_norm backward", kernel.grid(), kernel, stream);
}

}  // namespace gulo
