#include "data/targets.h"

namespace gulo {

Targets targets_of(const Corpus& corpus, std::span<const uint32_t> items) {
  Targets targets{.task = corpus.task, .n_outputs = corpus.labels.size(), .labels = {}, .values = {}};
  switch (corpus.task) {
    case Task::kLabel:
      for (const uint32_t item : items) targets.labels.push_back(corpus.item_labels[item]);
      break;
    case Task::kLabels:
      targets.values.resize(items.size() * targets.n_outputs);
      for (size_t i = 0; i < items.size(); ++i)
        for (const int label : corpus.label_sets[items[i]])
          targets.values[i * targets.n_outputs + static_cast<size_t>(label)] = 1;
      break;
    case Task::kNumber:
      for (const uint32_t item : items)
        targets.values.push_back(static_cast<float>(corpus.number_unit.to_answer(corpus.numbers[item])));
  }
  return targets;
}

Targets label_targets(std::span<const int> item_labels, size_t n_labels) {
  return {
      .task = Task::kLabel, .n_outputs = n_labels, .labels = {item_labels.begin(), item_labels.end()}, .values = {}};
}

}  // namespace gulo
