#include "kernel/forest.h"

#include <xxhash.h>

#include <algorithm>

namespace gulo {

uint32_t forest_hash(std::string_view text) { return static_cast<uint32_t>(XXH3_64bits(text.data(), text.size())); }

void forest_logits(const ForestView& forest, std::span<const ForestCell> cells, float* logits) {
  std::fill_n(logits, forest.n_labels, 0.F);
  for (uint32_t branch : forest.roots) {
    while (branch < ForestNode::kLeafBit) {
      const ForestNode& node = forest.nodes[branch];
      branch = node.branches[takes_first(node, cells[node.column()]) ? 0 : 1];
    }
    const uint8_t* leaf = forest.leaves + size_t{branch - ForestNode::kLeafBit} * forest.n_labels;
    for (size_t k = 0; k < forest.n_labels; ++k) logits[k] += leaf[k];
  }
  const double scale = 1 / (255. * static_cast<double>(forest.roots.size()));
  for (size_t k = 0; k < forest.n_labels; ++k)
    logits[k] = static_cast<float>(std::log(ForestView::kLeastFrequency + scale * logits[k]));
}

}  // namespace gulo
