#include "engine/train/deep_predictor.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "data/window_plan.h"
#include "engine/feed/packed_batch.h"
#include "engine/train/matmul_check.h"

namespace gulo {
namespace {

constexpr int64_t kBatchBytes = 64 << 10;

// Adds up the weighted logits of windows, a packed batch at a time.
class LogitSums {
 public:
  LogitSums(const Network& network, size_t n_items, const BatchShape& shape)
      : network_(network), n_labels_(network.spec().n_labels), packer_(shape), sums_(n_items * n_labels_, 0.f) {}

  void add(const Window& window, double weight) {
    if (!packer_.add(window)) {
      run_batch();
      packer_.add(window);
    }
    weights_.push_back(static_cast<float>(weight));
  }

  std::vector<float> finish() {
    if (!packer_.empty()) run_batch();
    return std::move(sums_);
  }

 private:
  // Only as many rows as are in use: the last batch of many, or one small file, costs what it holds.
  void run_batch() {
    const PackedBatch batch = packer_.take();
    const int64_t n_rows = (batch.ends.back() + 15) / 16 * 16;
    const int64_t n_bytes = std::min(batch.bytes.numel(), n_rows * network_.coarse_row_bytes());
    const at::Tensor logits = network_.forward(batch.bytes.narrow(0, 0, n_bytes), batch.begins, batch.ends);
    const float* from = logits.const_data_ptr<float>();
    for (size_t w = 0; w < batch.owners.size(); ++w, from += n_labels_) {
      float* sum = sums_.data() + size_t{batch.owners[w]} * n_labels_;
      for (size_t k = 0; k < n_labels_; ++k) sum[k] += weights_[w] * from[k];
    }
    weights_.clear();
  }

  const Network& network_;
  size_t n_labels_;
  BatchPacker packer_;
  std::vector<float> weights_, sums_;
};

std::vector<WindowRange> windows_of(std::span<const uint8_t> item, const Network& network, size_t max_windows) {
  return prediction_windows(item.size(), static_cast<size_t>(network.spec().window_bytes), max_windows);
}

}  // namespace

DeepPredictor::DeepPredictor(std::shared_ptr<const Network> network, size_t max_windows)
    : network_(std::move(network)), max_windows_(max_windows) {}

DeepPredictor::DeepPredictor(const NetworkSpec& spec, const TensorMap& tensors) : max_windows_(0) {
  auto network = std::make_shared<Network>(spec, 0, matmul_dtype());
  network->import_parameters(tensors);
  network_ = std::move(network);
}

std::vector<float> DeepPredictor::logits(std::span<const std::span<const uint8_t>> items) const {
  const at::NoGradGuard no_grad;
  const int row_bytes = network_->coarse_row_bytes();
  const int64_t batch_bytes = std::max<int64_t>(kBatchBytes, network_->spec().window_bytes);
  const int64_t n_rows = (rows_for_window(batch_bytes, row_bytes) + 15) / 16 * 16;
  LogitSums sums(*network_, items.size(), {n_rows, row_bytes});
  for (size_t i = 0; i < items.size(); ++i)
    for (const WindowRange& range : windows_of(items[i], *network_, max_windows_))
      sums.add({items[i].subspan(range.begin, range.size), static_cast<uint32_t>(i), 0}, range.weight);
  return sums.finish();
}

int64_t DeepPredictor::n_rows(std::span<const std::span<const uint8_t>> items) const {
  int64_t n = 0;
  for (const auto& item : items)
    for (const WindowRange& range : windows_of(item, *network_, max_windows_))
      n += rows_for_window(static_cast<int64_t>(range.size), network_->coarse_row_bytes());
  return n;
}

}  // namespace gulo
