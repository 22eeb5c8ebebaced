// softmax_cross_entropy: loss and gradient of labels in one pass over the logits.
//
//   loss_i = - sum_k target_ik log softmax(logits_i)_k,  target = (1 - smoothing) [k == label] + smoothing / n_labels
//   grad_i = (softmax(logits_i) - target_i) * grad_scale
//
// Shapes  logits, grad: float [n_rows, n_labels]; labels: int64 [n_rows], below 0 for a row that counts for nothing
// (loss and
//         gradient zero); losses: float [n_rows], unscaled. Contiguous, the caller's; n_labels is at least 1.
// Cost    reads the logits three times, from L1 or L2 after the first, and writes as much once: the memory's bandwidth,
// 8 bytes
//         a logit. LibTorch takes a log-softmax, a loss and the gradients of both: four passes through memory.
// Threads one block of 128 threads a row.
// Error   agrees with the reference (double) to 1e-5 of 1 + the largest logit's magnitude; infinite logits give NaN.
#pragma once

#include <cmath>

#include "kernel/host_device.h"

namespace gulo {

struct SoftmaxCrossEntropyShape {
  size_t n_rows = 0, n_labels = 0;
  float smoothing = 0, grad_scale = 1;
};

void softmax_cross_entropy_reference(const SoftmaxCrossEntropyShape& shape, const double* logits, const int64_t* labels,
                                     double* losses, double* grad);

struct SoftmaxCrossEntropy {
  SoftmaxCrossEntropyShape shape;
  const float* logits = nullptr;
  const int64_t* labels = nullptr;
  float *losses = nullptr, *grad = nullptr;

  static constexpr uint32_t kThreads = 128;
  Grid grid() const { return {static_cast<uint32_t>(shape.n_rows), kThreads, 2 * kThreads}; }

  // Halves the threads' values until the first is that of all.
  template <class Join>
  GULO_HOST_DEVICE static void reduce(const Block& block, const Join& join) {
    for (uint32_t half = kThreads / 2; half > 0; half /= 2)
      block.each_thread([&](uint32_t thread) {
        if (thread < half) join(thread, thread + half);
      });
  }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const size_t n = shape.n_labels;
    const float* row = logits + block.index * n;
    float* to = grad + block.index * n;
    const int64_t label = labels[block.index];
    float *highest = block.shared, *sums = block.shared + kThreads;
    block.each_thread([&](uint32_t thread) {
      float own = -INFINITY;
      for (size_t k = thread; k < n; k += kThreads) own = fmaxf(own, row[k]);
      highest[thread] = own;
    });
    reduce(block, [&](uint32_t a, uint32_t b) { highest[a] = fmaxf(highest[a], highest[b]); });
    block.each_thread([&](uint32_t thread) {
      float own = 0;
      for (size_t k = thread; k < n; k += kThreads) own += expf(row[k] - highest[0]);
      sums[thread] = own;
    });
    reduce(block, [&](uint32_t a, uint32_t b) { sums[a] += sums[b]; });
    const float high = highest[0], total = sums[0], even = shape.smoothing / static_cast<float>(n);
    block.each_thread([&](uint32_t) {});  // all have read them before the sums are used anew
    block.each_thread([&](uint32_t thread) {
      float own = 0;  // of the targets times the logits' distance from the highest
      for (size_t k = thread; k < n; k += kThreads) {
        const float target = even + (static_cast<int64_t>(k) == label ? 1 - shape.smoothing : 0.f);
        own += target * (row[k] - high);
        to[k] = label < 0 ? 0.f : (expf(row[k] - high) / total - target) * shape.grad_scale;
      }
      sums[thread] = own;
    });
    reduce(block, [&](uint32_t a, uint32_t b) { sums[a] += sums[b]; });
    block.each_thread([&](uint32_t thread) {
      if (thread == 0) losses[block.index] = label < 0 ? 0.f : logf(total) - sums[0];
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA throws Error (kDevice).
void softmax_cross_entropy_cuda(const SoftmaxCrossEntropy& kernel, void* stream);

}  // namespace gulo
