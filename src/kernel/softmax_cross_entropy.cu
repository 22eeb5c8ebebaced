#include "kernel/softmax_cross_entropy.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void softmax_cross_entropy_cuda(const SoftmaxCrossEntropy& kernel, void* stream) {
  launch("softmax_cross_entropy", kernel.grid(), kernel, stream);
}

}  // namespace gulo
