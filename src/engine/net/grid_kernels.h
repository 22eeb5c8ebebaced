// What happens to the positions of pictures' grids between two matrix products, fused and vectorised for the CPU.
//
// A row is one position's `width` channels, a multiple of 16, as float or as bf16 in uint16_t. Rows lie one after the
// other, without blank ones between pictures: which rows are neighbours in a picture is told by row numbers. Every
// function works on one tile or one picture in one thread. Channels are normalised by a batch's statistics (Ioffe and
// Szegedy 2015), which here are a factor and a summand for each channel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

// normal = x * scale + shift, activation = max(normal, 0); of `width` channels each.
struct ChannelNorm {
  const float *scale, *shift;
};

// grad_x = of_grad * grad + of_x * x + constant: the backward pass of a normalisation, given the batch's sums.
struct ChannelNormGradient {
  const float *of_grad, *of_x, *constant;
};

// Sums over rows that are added to, `width` each.
struct ChannelSums {
  float *first, *second;
};

// out row i = in row rows[i], for i < n.
void copy_rows(const uint16_t* in, const int32_t* rows, size_t n, size_t width, uint16_t* out);

// A right-hand matrix as TileMatrix lays it out: its row i is the n_joined rows of `in` whose numbers are
// rows[i * n_joined ...], side by side. n_rows is even.
void join_rows_as_right(const uint16_t* in, const int32_t* rows, size_t n_rows, size_t n_joined, size_t width,
                        uint16_t* out);

// out = activation of x.
void activate_rows(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* out);
void activate_rows(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* out);

// out = product, sums.first += out, sums.second += out^2.
void store_rows(const float* product, size_t n_rows, size_t width, float* out, const ChannelSums& sums);
void store_rows(const float* product, size_t n_rows, size_t width, uint16_t* out, const ChannelSums& sums);

// out row i = the largest of product's rows cells[4 i ... 4 i + 3], channel by channel; winners says which of the four,
// the first of equal ones. A cell at an odd edge names its first row again. Sums as in store_rows.
void pool_rows_2x2(const float* product, const int32_t* cells, size_t n_cells, size_t width, float* out,
                   uint8_t* winners, const ChannelSums& sums);
void pool_rows_2x2(const float* product, const int32_t* cells, size_t n_cells, size_t width, uint16_t* out,
                   uint8_t* winners, const ChannelSums& sums);

// grad_x of a normalisation's input x from the gradient of its result.
void norm_backward(const float* grad, const float* x, const ChannelNormGradient& norm, size_t n_rows, size_t width,
                   float* grad_x);
void norm_backward(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, size_t n_rows,
                   size_t width, uint16_t* grad_x);
// The same, given to the winners among the rows that were pooled; their other rows in grad_x become zero.
void norm_backward_2x2(const float* grad, const float* x, const ChannelNormGradient& norm, const int32_t* cells,
                       const uint8_t* winners, size_t n_cells, size_t width, float* grad_x);
void norm_backward_2x2(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, const int32_t* cells,
                       const uint8_t* winners, size_t n_cells, size_t width, uint16_t* grad_x);

// grad_normal = grad where x's normal is positive, else 0; sums.first += grad_normal, sums.second += grad_normal * x.
void activate_backward(const float* grad, const float* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                       float* grad_normal, const ChannelSums& sums);
void activate_backward(const float* grad, const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                       uint16_t* grad_normal, const ChannelSums& sums);

// Mean and maximum of the activations of one picture's rows, and where the maxima are; n_rows >= 1.
void pool_picture(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                  int32_t* max_rows);
void pool_picture(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                  int32_t* max_rows);
// Gradients of mean and maximum to that of the normalised rows; sums as in activate_backward.
void pool_picture_backward(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const float* x,
                           const ChannelNorm& norm, size_t n_rows, size_t width, float* grad_normal,
                           const ChannelSums& sums);
void pool_picture_backward(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const uint16_t* x,
                           const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* grad_normal,
                           const ChannelSums& sums);

// out = [max(product, 0), max(-product, 0)] of the first `width` of a product's `product_width` columns.
void rectify_both_ways(const float* product, size_t product_width, size_t n_rows, size_t width, float* out);
void rectify_both_ways(const float* product, size_t product_width, size_t n_rows, size_t width, uint16_t* out);

}  // namespace gulo
