// How good a recogniser of numbers is: the measures that `test` prints and the report draws.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace gulo {

struct NumberMiss {
  std::string name;
  double number = 0, predicted = 0;
};

struct NumberEvaluation {
  uint64_t n_items = 0, n_bad = 0;
  double rmse = 0, rmse_low = 0, rmse_high = 0;  // root of the mean squared error; 95 % interval, normal for the mean
  double mae = 0;                                // mean absolute error
  double r2 = 0;                                 // 1 - squared errors / squared distances from the numbers' mean
  double bias = 0;                               // mean of predicted - number
  double baseline_rmse = 0, baseline_mae = 0;    // of always answering the training numbers' mean
  double error = 0;                              // rmse over the numbers' deviation, sqrt(1 - r2)
  std::vector<double> numbers, predicted;        // [n_items]
  std::vector<NumberMiss> misses;                // farthest off first, at most 50
};

// The measures of no items are NaN; r2 and error of numbers that are all the same too. One name an item;
// `training_mean` is what the baseline answers.
NumberEvaluation evaluate_numbers(std::span<const double> numbers, std::span<const double> predicted,
                                  const std::vector<std::string>& names, double training_mean);
// Keys: n_items n_bad error rmse rmse_low rmse_high mae r2 bias baseline_rmse baseline_mae; what is not a number is
// null.
nlohmann::json to_json(const NumberEvaluation& evaluation);

}  // namespace gulo
