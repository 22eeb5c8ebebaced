#include "engine/net/byte_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "data/window_plan.h"
#include "engine/feed/packed_batch.h"
#include "engine/net/byte_stem_layer.h"
#include "engine/net/spec_check.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

constexpr int kMaxTaps = 256;

RowBodySpec body_spec(const ByteNetworkSpec& spec) {
  return {spec.stem_width, spec.stages, spec.attention_heads, spec.n_labels};
}

constexpr int64_t kBatchBytes = 64 << 10;

// Adds up the weighted logits of windows, a packed batch at a time.
class LogitSums {
 public:
  LogitSums(ByteNetwork& network, size_t n_items, const BatchShape& shape)
      : network_(network),
        n_labels_(static_cast<size_t>(network.spec().n_labels)),
        packer_(shape),
        sums_(n_items * n_labels_, 0.f) {}

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
    Batch batch = packer_.take();
    const int64_t n_rows = (batch.ends.back() + 15) / 16 * 16;
    at::Tensor& bytes = batch.values[0];
    bytes = bytes.narrow(0, 0, std::min(bytes.numel(), n_rows * network_.coarse_row_bytes()));
    const at::Tensor logits = network_.forward(batch, nullptr);
    const float* from = logits.const_data_ptr<float>();
    for (size_t w = 0; w < batch.owners.size(); ++w, from += n_labels_) {
      float* sum = sums_.data() + size_t{batch.owners[w]} * n_labels_;
      for (size_t k = 0; k < n_labels_; ++k) sum[k] += weights_[w] * from[k];
    }
    weights_.clear();
  }

  ByteNetwork& network_;
  size_t n_labels_;
  BatchPacker packer_;
  std::vector<float> weights_, sums_;
};

std::vector<WindowRange> windows_of(const ItemView& item, const ByteNetworkSpec& spec, size_t max_windows) {
  return prediction_windows(item.bytes.size(), static_cast<size_t>(spec.window_bytes), max_windows);
}

}  // namespace

ByteNetwork::ByteNetwork(const ByteNetworkSpec& spec, uint64_t seed, at::ScalarType dtype)
    : spec_(spec), dtype_(dtype), body_(body_spec(spec)) {
  check_range(spec.taps, 1, kMaxTaps, "taps");
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return at::empty(shape, at::kFloat).normal_(0, deviation, generator);
  };
  // Every tap gives its row of one shared embedding of the bytes a random turn, so that at first equal bytes mean the
  // same whichever tap sees them, and every output is of unit variance.
  const int64_t embedding_width = 32;
  const at::Tensor embedding = normal({ByteStemShape::kRows, embedding_width}, 1);
  const at::Tensor turn =
      normal({spec.taps, embedding_width, spec.stem_width}, 1 / std::sqrt(embedding_width * spec.taps));
  stem_table_ = at::matmul(embedding, turn).contiguous().set_requires_grad(true);
  stem_bias_ = at::zeros({spec.stem_width}).set_requires_grad(true);
  parameters_ = {{"stem.table", stem_table_}, {"stem.bias", stem_bias_}};
  body_.add_parameters(parameters_, generator);
}

at::Tensor ByteNetwork::forward(const Batch& batch, const TrainStep* step) {
  const at::Tensor& bytes = batch.values[0];
  const at::Tensor keep =
      row_mask(bytes.size(0) / coarse_row_bytes(), body_.rows_per_coarse_row(), batch.begins, batch.ends);
  const Dropout dropout = step ? Dropout{step->head_dropout, step->seed} : Dropout{};
  return body_.forward(byte_stem(bytes, stem_table_, stem_bias_, keep, dtype_), keep, batch.begins, batch.ends,
                       dropout);
}

double ByteNetwork::forward_flops(const Batch& batch) const {
  return forward_flops(batch.n_item_rows, static_cast<int64_t>(batch.owners.size()));
}

std::vector<float> ByteNetwork::logits(std::span<const ItemView> items, size_t max_windows) {
  const at::NoGradGuard no_grad;
  const int64_t batch_bytes = std::max<int64_t>(kBatchBytes, spec_.window_bytes);
  const int64_t n_rows = (rows_for_window(batch_bytes, coarse_row_bytes()) + 15) / 16 * 16;
  LogitSums sums(*this, items.size(), {n_rows, coarse_row_bytes()});
  for (size_t i = 0; i < items.size(); ++i)
    for (const WindowRange& range : windows_of(items[i], spec_, max_windows))
      sums.add({items[i].bytes.subspan(range.begin, range.size), static_cast<uint32_t>(i), 0}, range.weight);
  return sums.finish();
}

double ByteNetwork::logits_cost(std::span<const ItemView> items, size_t max_windows) const {
  int64_t n_rows = 0;
  for (const ItemView& item : items)
    for (const WindowRange& range : windows_of(item, spec_, max_windows))
      n_rows += rows_for_window(static_cast<int64_t>(range.size), coarse_row_bytes());
  return static_cast<double>(n_rows);
}

}  // namespace gulo
