#include "engine/train/deep_plan.h"

#include <algorithm>

namespace gulo {
namespace {

size_t length_quantile(const Corpus& corpus, const std::vector<uint32_t>& items, double fraction) {
  std::vector<size_t> lengths;
  for (uint32_t item : items) lengths.push_back(corpus.item(item).size());
  const auto nth = lengths.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(lengths.size() - 1));
  std::nth_element(lengths.begin(), nth, lengths.end());
  return *nth;
}

}  // namespace

DeepPlan plan_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s) {
  (void)seconds;
  (void)flops_per_s;
  DeepPlan plan;
  const size_t long_item = length_quantile(corpus, train, 0.9);
  plan.spec.window_bytes = static_cast<int>(std::clamp<size_t>((long_item + 255) / 256 * 256, 256, 4096));
  const bool is_short = long_item <= 512;
  plan.spec.taps = is_short ? 4 : 8;
  plan.spec.stem_width = 128;
  plan.spec.stages = {{128, 3, 1}, {192, 2, is_short ? 2 : 4}};
  plan.spec.n_labels = static_cast<int>(corpus.labels.size());
  return plan;
}

}  // namespace gulo
