// neighbour_norm: each row's RMS norm, written beside its two neighbours', which is what a residual block multiplies.
//
//   normal_i = x_i / rms(x_i), rms(x) = sqrt(mean(x^2) + 1e-5);   out_i = [normal_{i-1}, normal_i, normal_{i+1}]
//
// Rows outside of the tensor count as zero. Backward: the gradient of x_i is that of normal_i, which sits in three rows
// of out, taken through the norm, plus that of the residual path (grad_skip, which may be null); blank rows get zero.
//
// Shapes  x, grad_skip, grad_x: float or bf16-as-uint16 [n_rows, width]; out, grad_out: the same type [n_rows, 3 *
// width];
//         inverse_rms: float [n_rows]; keep: uint8 [n_rows], 0 for blank rows. Contiguous, the caller's.
// Cost    forward reads x once and writes it three times; backward reads grad_out, x and grad_skip and writes grad_x:
//         the memory's bandwidth, at bf16 8 and 12 bytes an element. A product that gathers its neighbours itself would
//         save the copies; cuBLAS has none.
// Threads four rows a block, 32 threads a row.
// Error   agrees with the reference (double) to 1e-5 of the largest value, bf16 output to 2^-8 of each value besides.
#pragma once

#include <cmath>

#include "kernel/host_device.h"

namespace gulo {

struct NeighbourNormShape {
  size_t n_rows = 0, width = 0;
};

constexpr float kNeighbourNormEpsilon = 1e-5f;

void neighbour_norm_forward_reference(const NeighbourNormShape& shape, const double* x, double* out);
void neighbour_norm_backward_reference(const NeighbourNormShape& shape, const double* x, const double* grad_out,
                                       const double* grad_skip, const uint8_t* keep, double* grad_x);

namespace neighbour_norm {

constexpr uint32_t kRowsPerBlock = 4, kThreadsPerRow = 32, kThreads = kRowsPerBlock * kThreadsPerRow;

GULO_HOST_DEVICE inline size_t row_of(const Block& block, uint32_t thread) {
  return size_t{block.index} * kRowsPerBlock + thread / kThreadsPerRow;
}

// The sum of what the threads of this thread's row have left in shared memory.
GULO_HOST_DEVICE inline float row_sum(const Block& block, uint32_t thread) {
  const float* own = block.shared + thread / kThreadsPerRow * kThreadsPerRow;
  float sum = 0;
  for (uint32_t i = 0; i < kThreadsPerRow; ++i) sum += own[i];
  return sum;
}

inline Grid grid_of(const NeighbourNormShape& shape) {
  return {static_cast<uint32_t>((shape.n_rows + kRowsPerBlock - 1) / kRowsPerBlock), kThreads, kThreads};
}

}  // namespace neighbour_norm

template <class T>
struct NeighbourNormForward {
  NeighbourNormShape shape;
  const T* x = nullptr;
  T* out = nullptr;
  float* inverse_rms = nullptr;

  Grid grid() const { return neighbour_norm::grid_of(shape); }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    using namespace neighbour_norm;
    const size_t width = shape.width, n_rows = shape.n_rows;
    block.each_thread([&](uint32_t thread) {
      const size_t row = row_of(block, thread);
      float squares = 0;
      if (row < n_rows)
        for (size_t c = thread % kThreadsPerRow; c < width; c += kThreadsPerRow) {
          const float value = as_float(x[row * width + c]);
          squares += value * value;
        }
      block.shared[thread] = squares;
    });
    block.each_thread([&](uint32_t thread) {
      const size_t row = row_of(block, thread);
      if (row >= n_rows) return;
      const float scale = 1 / sqrtf(row_sum(block, thread) / static_cast<float>(width) + kNeighbourNormEpsilon);
      if (thread % kThreadsPerRow == 0) inverse_rms[row] = scale;
      T* to = out + row * 3 * width;
      for (size_t c = thread % kThreadsPerRow; c < width; c += kThreadsPerRow) {
        const float value = as_float(x[row * width + c]) * scale;
        put(value, to + width + c);
        if (row + 1 < n_rows) put(value, to + 3 * width + c);  // the left neighbour of the next row
        if (row > 0) put(value, to - 3 * width + 2 * width + c);
        if (row == 0) put(0.f, to + c);
        if (row + 1 == n_rows) put(0.f, to + 2 * width + c);
      }
    });
  }
};

template <class T>
struct NeighbourNormBackward {
  NeighbourNormShape shape;
  const T *x = nullptr, *grad_out = nullptr, *grad_skip = nullptr;
  const float* inverse_rms = nullptr;
  const uint8_t* keep = nullptr;
  T* grad_x = nullptr;

  Grid grid() const { return neighbour_norm::grid_of(shape); }

  // The gradient of normal: from the rows that see this one as their middle, left and right.
  GULO_HOST_DEVICE float grad_normal(size_t row, size_t c) const {
    const T* at = grad_out + row * 3 * shape.width + c;
    float sum = as_float(at[shape.width]);
    if (row + 1 < shape.n_rows) sum += as_float(at[3 * shape.width]);
    if (row > 0) sum += as_float(*(at - shape.width));
    return sum;
  }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    using namespace neighbour_norm;
    const size_t width = shape.width;
    block.each_thread([&](uint32_t thread) {
      const size_t row = row_of(block, thread);
      float dot = 0;
      if (row < shape.n_rows && keep[row])
        for (size_t c = thread % kThreadsPerRow; c < width; c += kThreadsPerRow)
          dot += grad_normal(row, c) * as_float(x[row * width + c]);
      block.shared[thread] = dot;
    });
    // With y = x * s: grad_x = s * (grad_y - y * mean(y * grad_y)), as in engine/net/row_kernels.cpp.
    block.each_thread([&](uint32_t thread) {
      const size_t row = row_of(block, thread);
      if (row >= shape.n_rows) return;
      const float scale = inverse_rms[row], along = scale * scale * row_sum(block, thread) / static_cast<float>(width);
      for (size_t c = thread % kThreadsPerRow; c < width; c += kThreadsPerRow) {
        const size_t i = row * width + c;
        const float grad =
            scale * (grad_normal(row, c) - as_float(x[i]) * along) + (grad_skip ? as_float(grad_skip[i]) : 0.f);
        put(keep[row] ? grad : 0.f, grad_x + i);
      }
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA these throw Error
// (kDevice).
void neighbour_norm_forward_cuda(const NeighbourNormForward<float>& kernel, void* stream);
void neighbour_norm_forward_cuda(const NeighbourNormForward<uint16_t>& kernel, void* stream);
void neighbour_norm_backward_cuda(const NeighbourNormBackward<float>& kernel, void* stream);
void neighbour_norm_backward_cuda(const NeighbourNormBackward<uint16_t>& kernel, void* stream);

}  // namespace gulo
