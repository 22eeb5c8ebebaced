#include "engine/train/item_parts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace gulo {
namespace {

// How many of the first items make a part.
size_t part_size(const Corpus& corpus, std::span<const ItemView> items) {
  if (!corpus.arena.in_file()) return items.size();
  uint64_t n_bytes = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    n_bytes += items[i].bytes.size();
    if (n_bytes >= corpus.arena.shard_bytes() / 2) return i + 1;
  }
  return items.size();
}

void take_untrained_from_first(DeepNetwork& network, Cluster& cluster) {
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.trained) continue;
    const at::Tensor first = parameter.value.detach().to(at::kCPU, at::kFloat, false, true);
    cluster.broadcast(first);
    parameter.value.detach().copy_(first);
  }
}

}  // namespace

std::vector<float> logits_in_parts(DeepNetwork& network, const Corpus& corpus, std::span<const ItemView> items,
                                   size_t max_windows) {
  const at::NoGradGuard no_grad;
  std::vector<float> logits;
  while (!items.empty()) {
    const std::span<const ItemView> part = items.first(part_size(corpus, items));
    for (const ItemView& item : part) corpus.arena.looked_at(item.bytes.size());
    const std::vector<float> logits_of_part = network.logits(part, max_windows);
    logits.insert(logits.end(), logits_of_part.begin(), logits_of_part.end());
    items = items.subspan(part.size());
  }
  return logits;
}

std::vector<float> logits_of_all(DeepNetwork& network, const Corpus& corpus, std::span<const ItemView> items,
                                 size_t max_windows, Cluster* cluster) {
  if (!cluster) return logits_in_parts(network, corpus, items, max_windows);
  take_untrained_from_first(network, *cluster);
  const auto rank = static_cast<size_t>(cluster->rank()), n_ranks = static_cast<size_t>(cluster->size());
  const size_t begin = items.size() * rank / n_ranks, end = items.size() * (rank + 1) / n_ranks;
  const std::vector<float> mine = logits_in_parts(network, corpus, items.subspan(begin, end - begin), max_windows);
  const size_t n_labels = corpus.labels.size();
  const at::Tensor all = at::zeros({static_cast<int64_t>(items.size() * n_labels)});
  float* values = all.mutable_data_ptr<float>();
  std::ranges::copy(mine, values + begin * n_labels);
  cluster->sum(all);
  return {values, values + all.numel()};
}

}  // namespace gulo
