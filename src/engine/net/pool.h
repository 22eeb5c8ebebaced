// Pooling of each item's rows to one vector, as one autograd function.
//
// x: [n_rows, width] in float or bf16, RMS-normalised here first; queries: [n_heads, width] float. Item i has the rows
// [begins[i], ends[i]), at least one. Returns [n_items, (2 + n_heads) * width] float: the rows' mean, maximum, and for
// each head the average weighted by softmax(row * query). What lies outside of all items gets a zero gradient.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gulo {

at::Tensor pool_items(const at::Tensor& x, const at::Tensor& queries, const std::vector<int32_t>& begins,
                      const std::vector<int32_t>& ends);

}  // namespace gulo
