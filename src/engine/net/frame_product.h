// Overlapping frames of a signal times filters, as an autograd function: y_r = frame_r * filters.
//
// x: [n_values] float or bf16, no gradient; frame r is the k values at x[r * step], which overlaps the next where step
// < k and is never copied. filters: [k, n] float, multiplied in x's type and accumulated in float; k and n are
// multiples of 16, n_rows too, and n_values >= (n_rows - 1) * step + k. Returns [n_rows, n] float. A row depends on its
// frame alone, to the bit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gulo {

at::Tensor frame_product(const at::Tensor& x, const at::Tensor& filters, int64_t n_rows, int64_t step);

}  // namespace gulo
