// One who takes part: what it answered, how often it was wrong, and what that took.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace gulo {

struct Contestant {
  std::string name;
  std::string code;  // gulo's command, a rival's file
  int n_lines = 0;   // of pipeline code that a person has to write and keep
  double preprocess_s = 0, train_s = 0, predict_s = 0;
  double peak_memory_bytes = 0;  // the larger of training and prediction
  std::vector<int> answers;      // [n_test], index into the labels; -1: none of them

  uint64_t n_wrong = 0;
  double error = 0, error_low = 0, error_high = 0;            // fraction; 95 % Wilson score interval
  double balanced_error = 0;                                  // 1 - mean recall over the labels that occur
  double p_value = std::numeric_limits<double>::quiet_NaN();  // McNemar against gulo; of gulo itself none

  double total_s() const { return preprocess_s + train_s + predict_s; }
};

// Sets what follows from the answers; truth: [n_test].
void score(Contestant& contestant, std::span<const int> truth);

// McNemar's p-value of two contestants.
double p_value_of(const Contestant& a, const Contestant& b, std::span<const int> truth);

// Without answers and code.
nlohmann::json to_json(const Contestant& contestant);

}  // namespace gulo
