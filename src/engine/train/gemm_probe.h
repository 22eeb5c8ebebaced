// How fast this machine multiplies matrices: what the deep part's speed is measured against.
#pragma once

#include <ATen/core/Tensor.h>

namespace gulo {

// The best rate of several square and near-square products of `dtype` matrices in FLOP/s: on the CPU with the threads
// that LibTorch has now. Takes about `seconds`.
double probe_gemm_flops_per_s(at::ScalarType dtype, const at::Device& device = at::kCPU, double seconds = 0.5);

}  // namespace gulo
