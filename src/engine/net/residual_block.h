// The block that the deep network is made of, as one autograd function.
//
//   y_i = x_i + relu([n(x)_{i-1}, n(x)_i, n(x)_{i+1}] * w1 + b1) * w2 + b2
//
// n is the row's RMS norm (without a gain: w1 has it). x and y: [n_rows, width] in float or bf16, n_rows a multiple of
// 16; w1: [3 * width, hidden], b1: [hidden], w2: [hidden, width], b2: [width]: float, multiplied in x's type and
// accumulated in float; width and hidden are multiples of 16. keep: [n_rows] uint8, 0 for blank rows: these must be
// zero in x, are zero in y, and get a zero gradient. Rows outside of the tensor count as blank.
//
// It works tile by tile (row_tiles.h): norm, products, bias, relu and the residual sum of 128 rows happen in L2, and
// each activation crosses the memory bus once in the forward and once or twice in the backward pass. Only x and the
// hidden activations are kept for the backward pass.
#pragma once

#include <ATen/core/Tensor.h>

namespace gulo {

at::Tensor residual_block(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                          const at::Tensor& b2, const at::Tensor& keep);

}  // namespace gulo
