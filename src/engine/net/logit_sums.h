// Logits of items that are seen through windows: packed batches go forward, the windows' weighted logits are added up.
// A device's logits are fetched some batches later, as that waits for the device: it computes while the host packs.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/round_up.h"
#include "engine/feed/batch.h"

namespace gulo {

// Packer: add(window), false where the batch is full; empty(); take(). The owner of a window is its item, 0..n_items-1.
template <class Packer>
class LogitSums {
 public:
  // `forward` gives the logits [n_entries, n_labels] of a packed batch, on any device; behind the entries there may be
  // more rows.
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
    fetch();
    return std::move(sums_);
  }

 private:
  static constexpr size_t kMostWaiting = 8;
  struct Forwarded {
    at::Tensor logits;
    std::vector<uint32_t> owners;
    std::vector<float> weights;
  };

  void run_batch() {
    Batch batch = packer_.take();
    Forwarded now{{}, batch.owners, std::exchange(weights_, {})};
    now.logits = forward_(std::move(batch));
    waiting_.push_back(std::move(now));
    if (waiting_.size() == kMostWaiting) fetch();
  }

  void fetch() {
    for (const Forwarded& batch : waiting_) {
      const at::Tensor logits = batch.logits.to(at::kCPU, at::kFloat).contiguous();
      const float* from = logits.const_data_ptr<float>();
      for (size_t w = 0; w < batch.owners.size(); ++w, from += n_labels_) {
        float* sum = sums_.data() + size_t{batch.owners[w]} * n_labels_;
        for (size_t k = 0; k < n_labels_; ++k) sum[k] += batch.weights[w] * from[k];
      }
    }
    waiting_.clear();
  }

  Packer packer_;
  size_t n_labels_;
  std::function<at::Tensor(Batch)> forward_;
  std::vector<float> weights_, sums_;
  std::vector<Forwarded> waiting_;
};

// Only as many rows of a packed tensor as are in use, up to a multiple of 16: the last batch of many, or one small
// item, costs what it holds. row_values: values along the first axis that make a row.
inline at::Tensor rows_in_use(const at::Tensor& packed, const Batch& batch, int64_t row_values) {
  const int64_t n_rows = round_up_to_16(batch.ends.back());
  return packed.narrow(0, 0, std::min(packed.size(0), n_rows * row_values));
}

}  // namespace gulo
