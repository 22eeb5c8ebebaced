// Pooling of one item's rows, vectorised for the CPU: out = [mean, max, one attention average a head].
//
// normal: [n_rows, width] in float or bf16 (as uint16_t), RMS-normalised rows; queries: [n_heads, width];
// out: [(2 + n_heads) * width]; attention: [n_heads, n_rows], each head's softmax over the rows of normal * query;
// max_rows: [width], the row that each channel's maximum came from (the first of equals). width: a multiple of 16.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gulo {

struct PoolShape {
  size_t n_rows = 0, width = 0, n_heads = 0;
};

void pool_rows(const PoolShape& shape, const float* normal, const float* queries, float* out, float* attention,
               uint32_t* max_rows);
void pool_rows(const PoolShape& shape, const uint16_t* normal, const float* queries, float* out, float* attention,
               uint32_t* max_rows);

// grad_normal: [n_rows, width], overwritten; grad_queries: [n_heads, width], added to.
void pool_rows_backward(const PoolShape& shape, const float* normal, const float* queries, const float* attention,
                        const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries);
void pool_rows_backward(const PoolShape& shape, const uint16_t* normal, const float* queries, const float* attention,
                        const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries);

}  // namespace gulo
