#include "engine/train/item_parts.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace gulo {
namespace {

// How many of the first items fit in so many bytes; one at least.
size_t n_fitting(std::span<const ItemView> items, uint64_t room_bytes) {
  uint64_t n_bytes = 0;
  size_t n = 0;
  while (n < items.size() && (n_bytes += items[n].bytes.size()) <= room_bytes) ++n;
  return std::max<size_t>(n, 1);
}

// The items with their bytes in `copies`, one behind the other.
std::vector<ItemView> copied(const Arena& arena, std::span<const ItemView> items, std::vector<uint8_t>& copies) {
  size_t n_bytes = 0;
  for (const ItemView& item : items) n_bytes += item.bytes.size();
  copies.resize(std::max(copies.size(), n_bytes + kItemPadding));
  std::vector<ItemView> views(items.begin(), items.end());
  uint8_t* end = copies.data();
  for (ItemView& view : views) {
    arena.looked_at(view.bytes.size());
    uint8_t* begin = end;
    end = std::ranges::copy(view.bytes, begin).out;
    view.bytes = {begin, end};
  }
  return views;
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
  if (!corpus.arena.in_file()) return network.logits(items, max_windows);
  const uint64_t room_bytes = corpus.arena.shard_bytes() / 2;
  std::vector<float> logits;
  std::vector<uint8_t> copies;
  while (!items.empty()) {
    const std::span<const ItemView> part = items.first(n_fitting(items, room_bytes));
    const bool fits = part.size() > 1 || part[0].bytes.size() <= room_bytes;
    const std::vector<float> logits_of_part =
        fits ? network.logits(copied(corpus.arena, part, copies), max_windows) : network.logits(part, max_windows);
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
