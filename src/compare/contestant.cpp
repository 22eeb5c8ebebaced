#include "compare/contestant.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "compare/significance.h"
#include "report/wilson_interval.h"

namespace gulo {

void score(Contestant& contestant, std::span<const int> truth) {
  assert(contestant.answers.size() == truth.size() && !truth.empty());
  struct Recall {
    double n_items = 0, n_right = 0;
  };
  std::map<int, Recall> recalls;
  contestant.n_wrong = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const bool right = contestant.answers[i] == truth[i];
    contestant.n_wrong += !right;
    Recall& recall = recalls[truth[i]];
    recall.n_items += 1;
    recall.n_right += right;
  }
  const Interval interval = wilson_interval(contestant.n_wrong, truth.size());
  contestant.error = static_cast<double>(contestant.n_wrong) / static_cast<double>(truth.size());
  contestant.error_low = interval.low;
  contestant.error_high = interval.high;
  double sum = 0;
  for (const auto& [label, recall] : recalls) sum += recall.n_right / recall.n_items;
  contestant.balanced_error = 1 - sum / static_cast<double>(recalls.size());
}

double p_value_of(const Contestant& a, const Contestant& b, std::span<const int> truth) {
  uint64_t only_a = 0, only_b = 0;
  for (size_t i = 0; i < truth.size(); ++i) {
    const bool right_a = a.answers[i] == truth[i], right_b = b.answers[i] == truth[i];
    only_a += right_a && !right_b;
    only_b += right_b && !right_a;
  }
  return mcnemar_p(only_a, only_b);
}

nlohmann::json to_json(const Contestant& c) {
  return {{"name", c.name},
          {"error", c.error},
          {"error_low", c.error_low},
          {"error_high", c.error_high},
          {"balanced_error", c.balanced_error},
          {"n_wrong", c.n_wrong},
          {"p_value", std::isnan(c.p_value) ? nlohmann::json() : nlohmann::json(c.p_value)},
          {"preprocess_s", c.preprocess_s},
          {"train_s", c.train_s},
          {"predict_s", c.predict_s},
          {"total_s", c.total_s()},
          {"peak_memory_bytes", c.peak_memory_bytes},
          {"lines", c.n_lines}};
}

}  // namespace gulo
