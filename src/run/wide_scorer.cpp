#include "run/wide_scorer.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "data/window_plan.h"

namespace gulo {

NgramBagShape ngram_bag_shape(const WideSpec& spec) {
  NgramBagShape shape{spec.log2_rows, 0, 0, spec.head_bytes};
  for (const int order : spec.orders) shape.orders |= 1u << (order - 1);
  for (const int gap : spec.pair_gaps) shape.pair_gaps |= 1u << gap;
  return shape;
}

size_t extract_window(const NgramBagShape& shape, std::span<const uint8_t> window, bool head, NgramScratch& scratch) {
  scratch.seen.resize(shape.bitmap_words());
  const size_t max_ids = shape.max_ids(window.size());
  if (scratch.ids.size() < max_ids) scratch.ids.resize(max_ids);
  return ngram_bag_extract_cpu(shape, window.data(), window.size(), head, scratch.seen.data(), scratch.ids.data());
}

WideScorer::WideScorer(const Model& model)
    : shape_(ngram_bag_shape(*model.spec.wide)), window_bytes_(static_cast<size_t>(model.spec.wide->window_bytes)) {
  const TensorMap& tensors = model.tensors();
  table_.present = tensors.at("wide.present").as<uint64_t>();
  table_.weight = tensors.at("wide.weight").as<int8_t>();
  table_.scale = tensors.at("wide.scale").as<float>();
  table_.n_rows_kept = tensors.at("wide.scale").n_elements();
  table_.n_labels = static_cast<int>(model.spec.labels.size());
  bias_ = tensors.at("wide.bias").as<float>();
  rank_.resize(shape_.bitmap_words());
  for (size_t word = 0, kept = 0; word < rank_.size(); ++word) {
    rank_[word] = static_cast<uint32_t>(kept);
    kept += static_cast<size_t>(std::popcount(table_.present[word]));
  }
  table_.rank = rank_.data();
}

std::vector<float> WideScorer::logits(std::span<const uint8_t> item, NgramScratch& scratch) const {
  std::vector<float> pooled(bias_, bias_ + table_.n_labels), sum(pooled.size());
  for (const WindowRange& range : prediction_windows(item.size(), window_bytes_)) {
    const size_t n_ids = extract_window(shape_, item.subspan(range.begin, range.size), range.begin == 0, scratch);
    ngram_bag_forward_int8_cpu(table_, scratch.ids.data(), n_ids, sum.data());
    const float weight = static_cast<float>(range.weight / std::sqrt(static_cast<double>(n_ids) + 1));
    for (size_t k = 0; k < sum.size(); ++k) pooled[k] += weight * sum[k];
  }
  return pooled;
}

}  // namespace gulo
