// For tests: tensors that are made, and how far two are apart.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gulo {

inline at::Tensor random_parameter(at::IntArrayRef shape, double deviation) {
  return (at::randn(shape) * deviation).set_requires_grad(true);
}

// exact: on the CPU.
inline double relative_error(const at::Tensor& a, const at::Tensor& exact) {
  return ((a.cpu() - exact).norm() / (exact.norm() + 1e-30)).item<double>();
}

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  return largest;
}

}  // namespace gulo
