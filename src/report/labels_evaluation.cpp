#include "report/labels_evaluation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/rng.h"
#include "base/utf8.h"
#include "report/undefined_measure.h"

namespace gulo {
namespace {

constexpr size_t kMaxLabelSetMistakes = 50, kBootstraps = 400;

double ratio(uint64_t part, uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kUndefined;
}

double clean(float probability) { return std::isnan(probability) ? 0 : std::clamp<double>(probability, 0, 1); }

// Pairs of an item and a label: both given and had; given and had counted each.
struct PairCount {
  uint64_t n_right = 0, n_counted = 0;
  void add(const PairCount& more) { n_right += more.n_right, n_counted += more.n_counted; }
  double f1() const { return n_counted == 0 ? 1 : 2 * ratio(n_right, n_counted); }
};

// Items drawn with replacement (Efron 1979), the same for the same items.
void set_interval(LabelsEvaluation& e, const std::vector<PairCount>& items) {
  if (items.empty()) return;
  Rng rng(1);
  std::vector<double> values;
  for (size_t r = 0; r < kBootstraps; ++r) {
    PairCount sum;
    for (size_t i = 0; i < items.size(); ++i) sum.add(items[rng.below(items.size())]);
    values.push_back(sum.f1());
  }
  std::ranges::sort(values);
  e.micro_f1_low = values[kBootstraps / 40];
  e.micro_f1_high = values[kBootstraps - 1 - kBootstraps / 40];
}

// Items of equal probability count as one step.
double average_precision(std::span<const float> probabilities, std::span<const float> wanted, size_t n_labels,
                         size_t label) {
  const size_t n = probabilities.size() / n_labels;
  std::vector<std::pair<double, bool>> items;
  uint64_t n_wanted = 0;
  for (size_t i = label; i < n * n_labels; i += n_labels) {
    items.emplace_back(clean(probabilities[i]), wanted[i] > 0.5f);
    n_wanted += items.back().second;
  }
  if (n_wanted == 0) return kUndefined;
  std::ranges::sort(items, std::ranges::greater{});
  double area = 0;
  uint64_t n_found = 0;
  for (size_t begin = 0; begin < items.size();) {
    size_t end = begin;
    const uint64_t found_before = n_found;
    for (; end < items.size() && items[end].first == items[begin].first; ++end) n_found += items[end].second;
    area += ratio(n_found - found_before, n_wanted) * ratio(n_found, end);
    begin = end;
  }
  return area;
}

double mean_of_finite(const std::vector<double>& values) {
  double sum = 0, n = 0;
  for (const double value : values)
    if (std::isfinite(value)) sum += value, n += 1;
  return n > 0 ? sum / n : kUndefined;
}

}  // namespace

double LabelSetScore::precision() const { return ratio(n_correct, n_predicted); }
double LabelSetScore::recall() const { return ratio(n_correct, n_items); }
double LabelSetScore::f1() const { return 2 * ratio(n_correct, n_items + n_predicted); }

LabelsEvaluation evaluate_labels(const std::vector<std::string>& labels, std::span<const float> probabilities,
                                 std::span<const float> wanted, const std::vector<std::string>& names) {
  const size_t n_labels = labels.size(), n_items = names.size();
  assert(probabilities.size() == n_items * n_labels && wanted.size() == probabilities.size());
  LabelsEvaluation e;
  e.labels = labels;
  e.n_items = n_items;
  e.scores.resize(n_labels);
  std::vector<PairCount> items(n_items);
  uint64_t n_exact = 0, n_wrong_pairs = 0, n_had = 0, n_given = 0;
  for (size_t i = 0; i < n_items; ++i) {
    LabelSetMistake answer{.name = names[i], .labels = {}, .predicted = {}};
    uint64_t n_wrong = 0;
    for (size_t k = 0; k < n_labels; ++k) {
      const double p = clean(probabilities[i * n_labels + k]);
      const bool has = wanted[i * n_labels + k] > 0.5f, given = p >= 0.5;
      LabelSetScore& score = e.scores[k];
      score.n_items += has, score.n_predicted += given, score.n_correct += has && given;
      items[i].add({static_cast<uint64_t>(has && given), static_cast<uint64_t>(has) + given});
      n_wrong += has != given;
      if (has) answer.labels.push_back(static_cast<int>(k));
      if (given) answer.predicted.push_back(static_cast<int>(k));
      answer.loss -= std::log(std::max<double>(has ? p : 1 - p, std::numeric_limits<float>::min()));
    }
    n_had += answer.labels.size(), n_given += answer.predicted.size();
    n_exact += n_wrong == 0;
    n_wrong_pairs += n_wrong;
    if (n_wrong > 0) e.mistakes.push_back(std::move(answer));
  }
  PairCount all;
  for (const PairCount& item : items) all.add(item);
  e.micro_f1 = e.micro_f1_low = e.micro_f1_high = n_items > 0 ? all.f1() : kUndefined;
  set_interval(e, items);
  std::vector<double> f1s, precisions;
  for (size_t k = 0; k < n_labels; ++k) {
    e.scores[k].average_precision = average_precision(probabilities, wanted, n_labels, k);
    f1s.push_back(e.scores[k].f1());
    precisions.push_back(e.scores[k].average_precision);
  }
  e.macro_f1 = mean_of_finite(f1s);
  e.mean_average_precision = mean_of_finite(precisions);
  e.exact_match = ratio(n_exact, n_items);
  e.hamming_loss = ratio(n_wrong_pairs, n_items * n_labels);
  e.labels_per_item = ratio(n_had, n_items);
  e.given_per_item = ratio(n_given, n_items);
  std::ranges::stable_sort(e.mistakes, std::ranges::greater{}, &LabelSetMistake::loss);
  if (e.mistakes.size() > kMaxLabelSetMistakes) e.mistakes.resize(kMaxLabelSetMistakes);
  return e;
}

nlohmann::json to_json(const LabelsEvaluation& e) {
  nlohmann::json labels = nlohmann::json::array(), per_label = nlohmann::json::array();
  for (size_t i = 0; i < e.labels.size(); ++i) {
    const LabelSetScore& score = e.scores[i];
    labels.push_back(printable_utf8(e.labels[i]));
    per_label.push_back({{"label", labels[i]},
                         {"n_items", score.n_items},
                         {"n_predicted", score.n_predicted},
                         {"n_correct", score.n_correct},
                         {"precision", finite_or_null(score.precision())},
                         {"recall", finite_or_null(score.recall())},
                         {"f1", finite_or_null(score.f1())},
                         {"average_precision", finite_or_null(score.average_precision)}});
  }
  return {{"n_items", e.n_items},
          {"n_bad", e.n_bad},
          {"error", finite_or_null(1 - e.micro_f1)},
          {"micro_f1", finite_or_null(e.micro_f1)},
          {"micro_f1_low", finite_or_null(e.micro_f1_low)},
          {"micro_f1_high", finite_or_null(e.micro_f1_high)},
          {"macro_f1", finite_or_null(e.macro_f1)},
          {"exact_match", finite_or_null(e.exact_match)},
          {"hamming_loss", finite_or_null(e.hamming_loss)},
          {"mean_average_precision", finite_or_null(e.mean_average_precision)},
          {"labels_per_item", finite_or_null(e.labels_per_item)},
          {"given_per_item", finite_or_null(e.given_per_item)},
          {"labels", labels},
          {"per_label", per_label}};
}

}  // namespace gulo
