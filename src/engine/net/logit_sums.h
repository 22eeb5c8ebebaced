// Logits of items that are seen through windows: packed batches go forward, the windows' weighted logits are added up.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "engine/feed/batch.h"

namespace gulo {

// Packer: add(window), false where the batch is full; empty(); take(). The owner of a window is its item, 0..n_items-1.
template <class Packer>
class LogitSums {
 public:
  // `forward` gives the logits [n_entries, n_labels], float and contiguous, of a packed batch.
  LogitSums(Packer packer, size_t n_items, size_t n_labels, std::function<at::Tensor(Batch)> forward)
      : packer_(std::move(packer)), n_labels_(n_labels), forward_(std::move(forward)), sums_(n_items * n_labels, 0.f) {}

  template <class Window>
  void add(const Window& window, double weight) {
    if (!packer_.add(window)) {
      run_batch();
      packer_.add(window);
    }
    weights_.push_back(static_cast<float>(weight));
  }

  // [n_items, n_labels]; to be called once.
  std::vector<float> finish() {
    if (!packer_.empty()) run_batch();
    return std::move(sums_);
  }

 private:
  void run_batch() {
    Batch batch = packer_.take();
    const std::vector<uint32_t> owners = batch.owners;
    const at::Tensor logits = forward_(std::move(batch));
    const float* from = logits.const_data_ptr<float>();
    for (size_t w = 0; w < owners.size(); ++w, from += n_labels_) {
      float* sum = sums_.data() + size_t{owners[w]} * n_labels_;
      for (size_t k = 0; k < n_labels_; ++k) sum[k] += weights_[w] * from[k];
    }
    weights_.clear();
  }

  Packer packer_;
  size_t n_labels_;
  std::function<at::Tensor(Batch)> forward_;
  std::vector<float> weights_, sums_;
};

// Only as many rows of a packed tensor as are in use, up to a multiple of 16: the last batch of many, or one small
// item, costs what it holds. row_values: values along the first axis that make a row.
inline at::Tensor rows_in_use(const at::Tensor& packed, const Batch& batch, int64_t row_values) {
  const int64_t n_rows = (batch.ends.back() + 15) / 16 * 16;
  return packed.narrow(0, 0, std::min(packed.size(0), n_rows * row_values));
}

}  // namespace gulo
