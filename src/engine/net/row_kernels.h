// What happens to rows of activations between two matrix products, fused and vectorised for the CPU.
//
// A row is one position's `width` channels, a multiple of 16, as float or as bf16 in uint16_t. Rows lie one after the
// other. Every function works on one tile of rows in one thread; a tile of 128 rows of 128 channels stays in L1 and L2.
// `keep[r]` is 0 for blank rows: they separate the items of a batch and are zero in every activation and gradient.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

constexpr float kNormEpsilon = 1e-5f;

// normal = x / rms(x), inverse_rms = 1 / rms(x), rms(x) = sqrt(mean(x^2) + kNormEpsilon).
void normalise_rows(const float* x, size_t n_rows, size_t width, float* normal, float* inverse_rms);
void normalise_rows(const uint16_t* x, size_t n_rows, size_t width, uint16_t* normal, float* inverse_rms);

// grad_x = grad_skip + d(normal)/d(x) * grad_normal; grad_skip may be null. Blank rows get zero.
void normalise_rows_backward(const float* grad_normal, const float* normal, const float* inverse_rms,
                             const float* grad_skip, const uint8_t* keep, size_t n_rows, size_t width, float* grad_x);
void normalise_rows_backward(const float* grad_normal, const uint16_t* normal, const float* inverse_rms,
                             const uint16_t* grad_skip, const uint8_t* keep, size_t n_rows, size_t width,
                             uint16_t* grad_x);

// out = relu(product + bias)
void add_bias_relu(const float* product, const float* bias, size_t n_rows, size_t width, float* out);
void add_bias_relu(const float* product, const float* bias, size_t n_rows, size_t width, uint16_t* out);

// grad_in = grad_out where out > 0, else 0
void relu_backward(const float* grad_out, const float* out, size_t n_rows, size_t width, float* grad_in);
void relu_backward(const float* grad_out, const uint16_t* out, size_t n_rows, size_t width, uint16_t* grad_in);

// out = skip + product + bias; skip may be null. Blank rows get zero.
void add_bias_skip(const float* product, const float* bias, const float* skip, const uint8_t* keep, size_t n_rows,
                   size_t width, float* out);
void add_bias_skip(const float* product, const float* bias, const uint16_t* skip, const uint8_t* keep, size_t n_rows,
                   size_t width, uint16_t* out);

// sums[c] += sum over the rows of x[r][c]
void add_column_sums(const float* x, size_t n_rows, size_t width, float* sums);
void add_column_sums(const uint16_t* x, size_t n_rows, size_t width, float* sums);

// The layout that bf16 dot products want of a right-hand matrix: out[r / 2][c] = the pair in[r][c], in[r + 1][c].
// n_rows is even, n_columns a multiple of 16.
void interleave_row_pairs(const uint16_t* in, size_t in_stride, size_t n_rows, size_t n_columns, uint16_t* out);

// Rounds to the nearest bf16, ties to even; n is a multiple of 16.
void round_to_bf16(const float* in, size_t n, uint16_t* out);

}  // namespace gulo
