// How fast this machine multiplies matrices: what the deep part's speed is measured against.
#pragma once

#include <ATen/core/Tensor.h>

namespace gulo {

// The best rate of several square and near-square products of `dtype` matrices with the threads that LibTorch has now,
// in FLOP/s. Takes about `seconds`.
double probe_gemm_flops_per_s(at::ScalarType dtype, double seconds = 0.5);

}  // namespace gulo
