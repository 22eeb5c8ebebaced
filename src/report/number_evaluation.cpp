#include "report/number_evaluation.h"

#include "report/undefined_measure.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace gulo {
namespace {

constexpr size_t kMaxMisses = 50;
constexpr double kZ = 1.959963984540054;  // 97.5 % point of the normal distribution

double mean_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? kUndefined : sum / static_cast<double>(values.size());
}

template <class Function>
double mean_over(size_t n, const Function& value) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += value(i);
  return n == 0 ? kUndefined : sum / static_cast<double>(n);
}

// Of the mean of the squared errors by the normal distribution, its root taken.
void set_interval(NumberEvaluation& e) {
  const double mean = e.rmse * e.rmse;
  const double variance = mean_over(e.n_items, [&](size_t i) {
    const double miss = e.predicted[i] - e.numbers[i], above = miss * miss - mean;
    return above * above;
  });
  const double half_width = kZ * std::sqrt(variance / static_cast<double>(e.n_items));
  e.rmse_low = e.n_items ? std::sqrt(std::max(0.0, mean - half_width)) : kUndefined;
  e.rmse_high = e.n_items ? std::sqrt(mean + half_width) : kUndefined;
}

void keep_misses(NumberEvaluation& e, const std::vector<std::string>& names) {
  for (size_t i = 0; i < e.n_items; ++i) e.misses.push_back({names[i], e.numbers[i], e.predicted[i]});
  std::ranges::stable_sort(e.misses, std::ranges::greater{},
                           [](const NumberMiss& miss) { return std::abs(miss.predicted - miss.number); });
  if (e.misses.size() > kMaxMisses) e.misses.resize(kMaxMisses);
}

}  // namespace

NumberEvaluation evaluate_numbers(std::span<const double> numbers, std::span<const double> predicted,
                                  const std::vector<std::string>& names, double training_mean) {
  assert(numbers.size() == predicted.size() && names.size() == numbers.size());
  NumberEvaluation e;
  e.n_items = numbers.size();
  e.numbers.assign(numbers.begin(), numbers.end());
  e.predicted.assign(predicted.begin(), predicted.end());
  const auto mean_miss = [&](const auto& measure) {
    return mean_over(e.n_items, [&](size_t i) { return measure(e.predicted[i] - e.numbers[i]); });
  };
  const auto mean_distance = [&](double from, const auto& measure) {
    return mean_over(e.n_items, [&](size_t i) { return measure(e.numbers[i] - from); });
  };
  const auto square = [](double x) { return x * x; };
  const auto size = [](double x) { return std::abs(x); };
  e.rmse = std::sqrt(mean_miss(square));
  e.mae = mean_miss(size);
  e.bias = mean_miss([](double x) { return x; });
  const double variance = mean_distance(mean_of(numbers), square);
  e.r2 = variance > 0 ? 1 - e.rmse * e.rmse / variance : kUndefined;
  e.error = variance > 0 ? e.rmse / std::sqrt(variance) : kUndefined;
  e.baseline_rmse = std::sqrt(mean_distance(training_mean, square));
  e.baseline_mae = mean_distance(training_mean, size);
  set_interval(e);
  keep_misses(e, names);
  return e;
}

nlohmann::json to_json(const NumberEvaluation& e) {
  return {{"n_items", e.n_items},
          {"n_bad", e.n_bad},
          {"error", finite_or_null(e.error)},
          {"rmse", finite_or_null(e.rmse)},
          {"rmse_low", finite_or_null(e.rmse_low)},
          {"rmse_high", finite_or_null(e.rmse_high)},
          {"mae", finite_or_null(e.mae)},
          {"r2", finite_or_null(e.r2)},
          {"bias", finite_or_null(e.bias)},
          {"baseline_rmse", finite_or_null(e.baseline_rmse)},
          {"baseline_mae", finite_or_null(e.baseline_mae)}};
}

}  // namespace gulo
