// How good a recogniser is on labelled items: the measures that `test` prints and the report draws.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace gulo {

struct LabelScore {
  uint64_t n_items = 0, n_predicted = 0, n_correct = 0;
  double precision() const;  // NaN where nothing was predicted
  double recall() const;     // NaN where there are no items
};

struct ReliabilityBin {  // of 15 equal-width bins of the winning probability
  uint64_t n_items = 0;
  double mean_confidence = 0, accuracy = 0;
};

struct Mistake {
  std::string name;
  int label = 0, predicted = 0;
  double probability = 0;
};

struct Evaluation {
  std::vector<std::string> labels;
  uint64_t n_items = 0, n_bad = 0;
  double error = 0, error_low = 0, error_high = 0;  // fraction; 95 % Wilson score interval
  double balanced_error = 0;                        // 1 - mean recall over the labels that occur
  double top5_error = 0;
  double ece = 0;                                // expected calibration error, 15 bins (Guo et al. 2017)
  double nll = 0;                                // mean negative log-likelihood, nats
  std::vector<LabelScore> scores;                // [n_labels]
  std::vector<std::vector<uint64_t>> confusion;  // [true][predicted]
  std::vector<ReliabilityBin> reliability;
  std::vector<Mistake> mistakes;  // wrong with most confidence first, at most 50
};

// The measures of no items are NaN. A probability that is NaN counts as 0.
// probabilities: [n_items * n_labels], row by row; item_labels: index into labels; names: one a row.
Evaluation evaluate(const std::vector<std::string>& labels, std::span<const float> probabilities,
                    std::span<const int> item_labels, const std::vector<std::string>& names);
// Keys: n_items n_bad error error_low error_high balanced_error top5_error ece nll labels confusion per_label; what is
// not a number (no items) is null, labels are made valid UTF-8.
nlohmann::json to_json(const Evaluation& evaluation);

}  // namespace gulo
