// byte_stem on a device, block by block; byte_stem_blocks_test.cpp runs the same blocks on the host.
//
// Forward  A block takes some channels and a slice of the positions. It copies these channels of all taps' rows into
// shared
//          memory, 16 channels of 8 taps are 132 KB, and a thread sums one channel of one position after another. Where
//          that does not fit, the rows are read from L2. Bytes moved, taps 8, width 128, bf16: 8 of x and 256 of out a
//          position to memory, 4 KiB out of shared memory. Roofline: shared memory.
// Backward A block takes one tap, 32 channels and a slice of the positions. Each of its 32 threads owns one channel's
// 257
//          sums in shared memory (33 KB), so there are no atomics and nobody waits; a second kernel adds the slices up
//          in order. The bias is a row more of tap 0. Bytes moved a position: grad_out once a tap, from L2. Roofline:
//          L2, or the latency of one addition to shared memory a position, with 6 blocks on a multiprocessor.
#pragma once

#include "kernel/byte_stem.h"
#include "kernel/host_device.h"

namespace gulo {

// So many slices that blocks_per_slice * n_slices fill the device, of at least `least` positions each.
inline uint32_t n_slices_for(size_t n_positions, size_t blocks_per_slice, size_t blocks_wanted, size_t least) {
  const size_t wanted = (blocks_wanted + blocks_per_slice - 1) / blocks_per_slice,
               most = (n_positions + least - 1) / least;
  return static_cast<uint32_t>(wanted < most ? wanted : (most > 0 ? most : 1));
}

template <class Out>
struct ByteStemForward {
  ByteStemShape shape;
  const uint16_t* x = nullptr;
  const float *table = nullptr, *bias = nullptr;
  const uint8_t* keep = nullptr;  // may be null
  Out* out = nullptr;
  uint32_t channels = 16;  // of a block
  uint32_t n_slices = 1;
  bool in_shared = true;

  static constexpr uint32_t kThreads = 512;

  // For a device with so much shared memory a block and so many multiprocessors.
  void plan(size_t most_shared_floats, uint32_t n_multiprocessors) {
    in_shared = rows() * 8 <= most_shared_floats;
    channels = in_shared && rows() * 16 > most_shared_floats ? 8 : 16;
    n_slices = n_slices_for(shape.n_positions, n_groups(), n_multiprocessors, 256);
  }
  Grid grid() const { return {n_groups() * n_slices, kThreads, in_shared ? rows() * channels : 0}; }

  GULO_HOST_DEVICE size_t rows() const { return static_cast<size_t>(shape.taps) * ByteStemShape::kRows; }
  GULO_HOST_DEVICE uint32_t n_groups() const { return static_cast<uint32_t>(shape.width) / channels; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const size_t width = static_cast<size_t>(shape.width), first = block.index % n_groups() * channels;
    const size_t slice = block.index / n_groups(), n = shape.n_positions, taps = static_cast<size_t>(shape.taps);
    const size_t begin = n * slice / n_slices, end = n * (slice + 1) / n_slices;
    if (in_shared)
      block.each_thread([&](uint32_t thread) {
        for (size_t i = thread; i < rows() * channels; i += kThreads)
          block.shared[i] = table[i / channels * width + first + i % channels];
      });
    const float* from = in_shared ? block.shared : table + first;
    const size_t stride = in_shared ? channels : width;
    block.each_thread([&](uint32_t thread) {
      const size_t channel = thread % channels;
      for (size_t p = begin + thread / channels; p < end; p += kThreads / channels) {
        float sum = bias[first + channel];
        for (size_t t = 0; t < taps; ++t) sum += from[(t * ByteStemShape::kRows + x[p * taps + t]) * stride + channel];
        put(keep && !keep[p] ? 0.f : sum, out + p * width + first + channel);
      }
    });
  }
};

// sums: [n_slices, taps * 257 + 1, width]; the last row is the bias'.
template <class Grad>
struct ByteStemBackward {
  ByteStemShape shape;
  const uint16_t* x = nullptr;
  const Grad* grad_out = nullptr;
  float* sums = nullptr;
  uint32_t n_slices = 1;

  static constexpr uint32_t kChannels = 32;

  GULO_HOST_DEVICE uint32_t n_groups() const {
    return (static_cast<uint32_t>(shape.width) + kChannels - 1) / kChannels;
  }
  Grid grid() const {
    return {n_groups() * static_cast<uint32_t>(shape.taps) * n_slices, kChannels,
            (ByteStemShape::kRows + 1) * kChannels};
  }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const size_t width = static_cast<size_t>(shape.width), taps = static_cast<size_t>(shape.taps);
    const size_t tap = block.index / n_groups() % taps, slice = block.index / n_groups() / taps;
    const size_t begin = shape.n_positions * slice / n_slices, end = shape.n_positions * (slice + 1) / n_slices;
    float* to = sums + slice * (taps * ByteStemShape::kRows + 1) * width;
    block.each_thread([&](uint32_t thread) {
      const size_t channel = block.index % n_groups() * kChannels + thread;
      if (channel >= width) return;
      float* own = block.shared + thread;
      float all = 0;
      for (size_t row = 0; row < ByteStemShape::kRows; ++row) own[row * kChannels] = 0;

      for (size_t p = begin; p < end; ++p) {
        const float grad = as_float(grad_out[p * width + channel]);
        own[x[p * taps + tap] * kChannels] += grad;
        all += grad;
      }
      for (size_t row = 0; row < ByteStemShape::kRows; ++row)
        to[(tap * ByteStemShape::kRows + row) * width + channel] = own[row * kChannels];
      if (tap == 0) to[taps * ByteStemShape::kRows * width + channel] = all;
    });
  }
};

struct ByteStemAddSlices {
  ByteStemShape shape;
  const float* sums = nullptr;
  float *grad_table = nullptr, *grad_bias = nullptr;
  uint32_t n_slices = 1;

  static constexpr uint32_t kThreads = 256;
  GULO_HOST_DEVICE size_t n_elements() const { return shape.table_elements() + static_cast<size_t>(shape.width); }
  Grid grid() const { return {static_cast<uint32_t>((n_elements() + kThreads - 1) / kThreads), kThreads, 0}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    block.each_thread([&](uint32_t thread) {
      const size_t i = size_t{block.index} * kThreads + thread;
      if (i >= n_elements()) return;
      float sum = 0;
      for (size_t slice = 0; slice < n_slices; ++slice) sum += sums[slice * n_elements() + i];
      (i < shape.table_elements() ? grad_table[i] : grad_bias[i - shape.table_elements()]) = sum;
    });
  }
};

}  // namespace gulo
