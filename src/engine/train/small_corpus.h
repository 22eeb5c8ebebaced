// For tests: a corpus that is made, and that can be learned.
#pragma once

#include <xxhash.h>

#include <string>

#include "base/rng.h"
#include "data/all_items.h"
#include "data/corpus.h"
#include "data/task_assignment.h"

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

// The same items with the label's own and the next label, but for the first label's, which have none.
inline Corpus with_sets(Corpus corpus) {
  corpus.task = Task::kLabels;
  const int n_labels = static_cast<int>(corpus.labels.size());
  for (const int label : corpus.item_labels)
    corpus.label_sets.push_back(label == 0              ? std::vector<int>{}
                                : label + 1 == n_labels ? std::vector<int>{0, label}
                                                        : std::vector<int>{label, label + 1});
  return corpus;
}

// The same items with a number instead of the label: 100, 110, 120...
inline Corpus with_numbers(Corpus corpus) {
  corpus.task = Task::kNumber;
  corpus.labels = {"number"};
  for (const int label : corpus.item_labels) corpus.numbers.push_back(100 + 10 * label);
  std::vector<uint32_t> items(corpus.n_items());
  for (size_t i = 0; i < items.size(); ++i) items[i] = static_cast<uint32_t>(i);
  set_number_unit(corpus, items);
  return corpus;
}

}  // namespace gulo
