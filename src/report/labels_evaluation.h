// How good a recogniser of several labels an item is: the measures that `test` prints and the report draws. A label is
// given to an item where its probability is 0.5 or more.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace gulo {

// One label: the items that have it, those that it was given to, those of both.
struct LabelSetScore {
  uint64_t n_items = 0, n_predicted = 0, n_correct = 0;
  double average_precision = 0;  // area under precision over recall, by steps; NaN where no item has it
  double precision() const;      // NaN where nothing was predicted
  double recall() const;         // NaN where there are no items
  double f1() const;             // NaN where there is neither
};

struct LabelSetMistake {
  std::string name;
  std::vector<int> labels, predicted;  // ascending
  double loss = 0;                     // sum over the labels of -log of the probability of what is true
};

struct LabelsEvaluation {
  std::vector<std::string> labels;
  uint64_t n_items = 0, n_bad = 0;
  double micro_f1 = 0, micro_f1_low = 0, micro_f1_high = 0;  // of all pairs of item and label; 95 % by bootstrap
  double macro_f1 = 0;                                       // mean over the labels that occur or are given
  double exact_match = 0;                                    // fraction of items whose labels are all right
  double hamming_loss = 0;                                   // fraction of all pairs that are wrong
  double mean_average_precision = 0;                         // over the labels that occur
  double labels_per_item = 0, given_per_item = 0;
  std::vector<LabelSetScore> scores;      // [n_labels]
  std::vector<LabelSetMistake> mistakes;  // largest loss first, at most 50, of items that are not all right
};

// The measures of no items are NaN; F1 where no item has a label and none is given is 1. A probability that is NaN
// counts as 0. probabilities: [n_items * n_labels]; wanted: the same, 1 where the item has the label.
LabelsEvaluation evaluate_labels(const std::vector<std::string>& labels, std::span<const float> probabilities,
                                 std::span<const float> wanted, const std::vector<std::string>& names);
// Keys: n_items n_bad error (1 - micro_f1) micro_f1 micro_f1_low micro_f1_high macro_f1 exact_match hamming_loss
// mean_average_precision labels_per_item given_per_item labels per_label; what is not a number is null.
nlohmann::json to_json(const LabelsEvaluation& evaluation);

}  // namespace gulo
