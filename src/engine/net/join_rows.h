// The joint between two stages, as one autograd function: r neighbouring rows become one, of another width.
//
//   y_i = [n(x)_{r*i}, ..., n(x)_{r*i+r-1}] * w + b
//
// Types, norm and multiples are those of residual_block.h. x: [r * n_rows, width], w: [r * width, width_out],
// b: [width_out], y: [n_rows, width_out]; keep: [n_rows]: r rows that are joined are all blank or none of them is.
#pragma once

#include <ATen/core/Tensor.h>

namespace gulo {

at::Tensor join_rows(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const at::Tensor& keep);

}  // namespace gulo
