// What a learner is to answer for some items of a corpus, in the form in which answers are compared with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/corpus.h"
#include "data/task.h"

namespace gulo {

struct Targets {
  Task task = Task::kLabel;
  size_t n_outputs = 0;       // logits an item: the labels, or 1
  std::vector<int> labels;    // one label an item: [n_items]
  std::vector<float> values;  // else [n_items, n_outputs]: 1 for the item's labels and 0, or the number in its unit

  size_t n_items() const { return task == Task::kLabel ? labels.size() : values.size() / n_outputs; }
  bool empty() const { return n_items() == 0; }
  std::span<const float> row(size_t i) const { return std::span(values).subspan(i * n_outputs, n_outputs); }
};

Targets targets_of(const Corpus& corpus, std::span<const uint32_t> items);
// One label an item.
Targets label_targets(std::span<const int> item_labels, size_t n_labels);

}  // namespace gulo
