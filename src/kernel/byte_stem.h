// byte_stem: byte embedding and a convolution of stride == taps in one, as a gather-sum.
//
// For position p of an item: out[p][c] = bias[c] + sum_t table[t][x[p * taps + t]][c].  The table [taps, 257, width] is
// the product of every tap's convolution weight with every byte's embedding, learned directly: 257 = 256 byte values
// and kPad for bytes past the item's end (that row is a parameter like any other).
//
// Shapes  x: uint16 [n_positions * taps] with values 0..256; table: float [taps, 257, width]; bias: float [width];
//         out, grad_out: float or bf16-as-uint16 [n_positions, width]; width is a multiple of 16. All are contiguous
//         and the caller's; a value of x above 256 is the caller's bug and is not looked for here.
// Cost    forward reads taps rows of width floats a position (table: L2-resident at taps 8, width 128 = 1 MiB) and
//         writes one; no multiplications. Backward reads grad_out once a tap, in blocks that stay in L2, and adds to
//         a table row once a block. Bytes moved a position at taps 8, width 128, fp32: 4 KiB out of L2 and 0.5 KiB
//         to memory forward (bf16 output: 0.25), from memory backward. Roofline: L2 bandwidth, not arithmetic (one
//         addition for 4 bytes read). With AVX-512, pointers aligned to 64 bytes, as LibTorch's are, run 1.5
//         times as fast as at 16: no vector of a row then touches two cache lines.
// Threads forward: over positions. Backward: over (tap, block of channels), each owning its part of the table, so no
//         atomics and the same bits at every number of threads.
// Error   forward and backward agree with the reference (double) to 1e-5 of the largest value of the result; bf16
//         output to 2^-8 of each value (rounded to nearest even).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernel/host_device.h"

namespace gulo {

struct ByteStemShape {
  size_t n_positions = 0;
  int taps = 8;
  int width = 128;
  static constexpr int kRows = 257;
  static constexpr uint16_t kPad = 256;
  GULO_HOST_DEVICE size_t table_elements() const {
    return static_cast<size_t>(taps) * kRows * static_cast<size_t>(width);
  }
};

// Plain loops in double: what the others are measured against.
void byte_stem_forward_reference(const ByteStemShape& shape, const uint16_t* x, const double* table, const double* bias,
                                 double* out);
// grad_table and grad_bias are added to.
void byte_stem_backward_reference(const ByteStemShape& shape, const uint16_t* x, const double* grad_out,
                                  double* grad_table, double* grad_bias);

void byte_stem_forward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                           float* out, int n_threads);
void byte_stem_forward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                           uint16_t* out_bf16, int n_threads);
// grad_table and grad_bias are overwritten.
void byte_stem_backward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                            float* grad_bias, int n_threads);
void byte_stem_backward_cpu(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                            float* grad_table, float* grad_bias, int n_threads);

// The work of one thread of the four above, for callers that bring their own threads (LibTorch's OpenMP: starting a
// thread costs some tens of microseconds, a call half a millisecond). Any split of the positions, and any n_parts,
// gives the same bits.
//
// Writes positions [begin, end) of out, which points at position 0.
void byte_stem_forward_range(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                             float* out, size_t begin, size_t end);
void byte_stem_forward_range(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                             uint16_t* out_bf16, size_t begin, size_t end);
// Overwrites what part `part` owns of grad_table and grad_bias; the parts 0..n_parts-1 together own all of both.
void byte_stem_backward_range(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                              float* grad_bias, int part, int n_parts);
void byte_stem_backward_range(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                              float* grad_table, float* grad_bias, int part, int n_parts);

// The CUDA versions: all pointers are to the device's memory, `stream` is a cudaStream_t, and no call waits for the
// device. Same bits every time. In a build without CUDA they throw Error (kDevice). The kernels are in
// byte_stem_blocks.h.
//
// keep: [n_positions], or null; where it is 0 the output is zero.
void byte_stem_forward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                            const uint8_t* keep, float* out, void* stream);
void byte_stem_forward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                            const uint8_t* keep, uint16_t* out_bf16, void* stream);
// grad_table and grad_bias are overwritten. workspace: so many floats, for the current device.
size_t byte_stem_backward_workspace(const ByteStemShape& shape);
void byte_stem_backward_cuda(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                             float* grad_bias, float* workspace, void* stream);
void byte_stem_backward_cuda(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                             float* grad_table, float* grad_bias, float* workspace, void* stream);

}  // namespace gulo
