// What is taken for what: the confusion matrix as a heat map.
#pragma once

#include <string>
#include <vector>

#include "report/evaluation.h"

namespace gulo {

// Inline SVG: a row a true label, a column an answer; the shade is the share of the row. Where there are more than 100
// labels, the 100 with most mistakes (made or received) are shown; `shown_labels` tells which.
std::string confusion_chart(const Evaluation& evaluation);
std::vector<size_t> shown_labels(const Evaluation& evaluation);

struct ConfusedPair {
  size_t label = 0, predicted = 0;
  uint64_t n_items = 0;
};
// Most frequent first.
std::vector<ConfusedPair> confused_pairs(const Evaluation& evaluation);

}  // namespace gulo
