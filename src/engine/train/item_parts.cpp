#include "engine/train/item_parts.h"

#include <ATen/core/grad_mode.h>

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

}  // namespace gulo
