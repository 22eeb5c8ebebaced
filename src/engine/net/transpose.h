// Transposition of one tile of a matrix.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

// out[c * out_stride + r] = in[r * in_stride + c] for r < n_rows, c < n_columns. Strides are in elements.
// Rows and columns are multiples of 4.
void transpose(const float* in, size_t in_stride, size_t n_rows, size_t n_columns, float* out, size_t out_stride);
// Rows and columns are multiples of 8.
void transpose(const uint16_t* in, size_t in_stride, size_t n_rows, size_t n_columns, uint16_t* out, size_t out_stride);

}  // namespace gulo
