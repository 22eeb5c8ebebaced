// For tests: a corpus that is made, and that can be learned.
#pragma once

#include <xxhash.h>

#include <string>

#include "base/rng.h"
#include "data/corpus.h"

namespace gulo {

// Items of `n_labels` labels, 20 to 220 random bytes each; the label's own three bytes stand somewhere in the middle.
inline Corpus small_corpus(size_t n_items, int n_labels, uint64_t seed) {
  Rng rng(seed);
  Corpus corpus;
  for (int k = 0; k < n_labels; ++k) corpus.labels.push_back("label" + std::to_string(k));
  for (size_t i = 0; i < n_items; ++i) {
    const int label = static_cast<int>(i % static_cast<size_t>(n_labels));
    std::vector<uint8_t> item(20 + rng.below(200));
    for (auto& byte : item) byte = static_cast<uint8_t>(rng.below(16));
    const size_t at = rng.below(item.size() - 3);
    for (size_t j = 0; j < 3; ++j) item[at + j] = static_cast<uint8_t>(100 + label);
    corpus.arena.insert(corpus.arena.end(), item.begin(), item.end());
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(label);
    corpus.names.push_back("item" + std::to_string(i));
    corpus.content_hashes.push_back(XXH3_64bits(item.data(), item.size()));
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

inline std::vector<uint32_t> items_between(size_t begin, size_t end) {
  std::vector<uint32_t> items;
  for (size_t i = begin; i < end; ++i) items.push_back(static_cast<uint32_t>(i));
  return items;
}

}  // namespace gulo
