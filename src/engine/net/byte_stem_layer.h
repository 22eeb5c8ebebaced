// kernel/byte_stem as an autograd function on packed rows.
#pragma once

#include <ATen/core/Tensor.h>

namespace gulo {

// bytes: [n_rows * taps] int16 with values 0..256; table: [taps, 257, width] float; bias: [width] float; keep: [n_rows]
// uint8, 0 for blank rows, which become zero and must get a zero gradient. Returns [n_rows, width] of `dtype` (kFloat
// or kBFloat16).
at::Tensor byte_stem(const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias, const at::Tensor& keep,
                     at::ScalarType dtype);

}  // namespace gulo
