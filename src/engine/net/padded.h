// A tensor with room before and behind its entries along one dimension.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace gulo {

// `size` entries along `dimension`, x's own from `first` on, the others filled with `value`.
inline at::Tensor padded(const at::Tensor& x, int64_t dimension, int64_t first, int64_t size, double value) {
  std::vector<int64_t> padding(static_cast<size_t>(2 * (x.dim() - dimension)), 0);
  padding[padding.size() - 2] = first;
  padding[padding.size() - 1] = size - first - x.size(dimension);
  return at::constant_pad_nd(x, padding, value);
}

}  // namespace gulo
