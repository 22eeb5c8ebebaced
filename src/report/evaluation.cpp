#include "report/evaluation.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "report/undefined_measure.h"
#include "report/wilson_interval.h"

namespace gulo {
namespace {

using Row = std::span<const float>;

constexpr size_t kReliabilityBins = 15;
constexpr size_t kMaxMistakes = 50;

double ratio(double part, double whole) { return whole > 0 ? part / whole : kUndefined; }

// A probability that is not a number counts as none, so that one broken row cannot spoil every measure.
double probability_at(Row row, size_t label) {
  const double p = row[label];
  return std::isnan(p) ? 0 : std::clamp(p, 0.0, 1.0);
}

size_t winner_of(Row row) {
  size_t best = 0;
  for (size_t label = 1; label < row.size(); ++label)
    if (probability_at(row, label) > probability_at(row, best)) best = label;
  return best;
}

// Ties are decided as winner_of decides them: the earlier label goes first.
bool in_top5(Row row, size_t truth) {
  size_t n_before = 0;
  for (size_t label = 0; label < row.size(); ++label) {
    const double p = probability_at(row, label), of_truth = probability_at(row, truth);
    n_before += p > of_truth || (p == of_truth && label < truth);
  }
  return n_before < 5;
}

void set_error_interval(Evaluation& e, uint64_t n_wrong) {
  const Interval interval = wilson_interval(n_wrong, e.n_items);
  e.error = ratio(static_cast<double>(n_wrong), static_cast<double>(e.n_items));
  e.error_low = interval.low;
  e.error_high = interval.high;
}

void set_balanced_error(Evaluation& e) {
  double sum = 0, n_labels = 0;
  for (const LabelScore& score : e.scores) {
    if (score.n_items == 0) continue;
    sum += score.recall();
    n_labels += 1;
  }
  e.balanced_error = 1 - ratio(sum, n_labels);
}

// The bins hold sums until here.
void finish_reliability(Evaluation& e) {
  e.ece = e.n_items ? 0 : kUndefined;
  for (ReliabilityBin& bin : e.reliability) {
    if (bin.n_items == 0) continue;
    const auto n = static_cast<double>(bin.n_items);
    bin.mean_confidence /= n;
    bin.accuracy /= n;
    e.ece += n / static_cast<double>(e.n_items) * std::abs(bin.accuracy - bin.mean_confidence);
  }
}

void sort_mistakes(std::vector<Mistake>& mistakes) {
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.probability > b.probability; });
  if (mistakes.size() > kMaxMistakes) mistakes.resize(kMaxMistakes);
}

}  // namespace

double LabelScore::precision() const { return ratio(static_cast<double>(n_correct), static_cast<double>(n_predicted)); }
double LabelScore::recall() const { return ratio(static_cast<double>(n_correct), static_cast<double>(n_items)); }

Evaluation evaluate(const std::vector<std::string>& labels, std::span<const float> probabilities,
                    std::span<const int> item_labels, const std::vector<std::string>& names) {
  const size_t n_labels = labels.size();
  assert(probabilities.size() == item_labels.size() * n_labels && names.size() == item_labels.size());
  Evaluation e;
  e.labels = labels;
  e.n_items = item_labels.size();
  e.scores.resize(n_labels);
  e.confusion.assign(n_labels, std::vector<uint64_t>(n_labels));
  e.reliability.resize(kReliabilityBins);
  uint64_t n_wrong = 0, n_outside_top5 = 0;
  double nll = 0;
  for (size_t i = 0; i < item_labels.size(); ++i) {
    assert(item_labels[i] >= 0 && static_cast<size_t>(item_labels[i]) < n_labels);
    const Row row = probabilities.subspan(i * n_labels, n_labels);
    const auto truth = static_cast<size_t>(item_labels[i]);
    const size_t winner = winner_of(row);
    const double confidence = probability_at(row, winner);
    const bool correct = winner == truth;

    ++e.scores[truth].n_items;
    ++e.scores[winner].n_predicted;
    e.scores[truth].n_correct += correct;
    ++e.confusion[truth][winner];
    n_wrong += !correct;
    n_outside_top5 += !in_top5(row, truth);
    // A probability of zero for what is true would make the mean infinite.
    nll -= std::log(std::max<double>(probability_at(row, truth), std::numeric_limits<float>::min()));
    ReliabilityBin& bin =
        e.reliability[std::min(kReliabilityBins - 1, static_cast<size_t>(confidence * kReliabilityBins))];
    ++bin.n_items;
    bin.mean_confidence += confidence;
    bin.accuracy += correct;
    if (!correct) e.mistakes.push_back({names[i], static_cast<int>(truth), static_cast<int>(winner), confidence});
  }
  const auto n_items = static_cast<double>(e.n_items);
  set_error_interval(e, n_wrong);
  set_balanced_error(e);
  e.top5_error = ratio(static_cast<double>(n_outside_top5), n_items);
  e.nll = ratio(nll, n_items);
  finish_reliability(e);
  sort_mistakes(e.mistakes);
  return e;
}

nlohmann::json to_json(const Evaluation& e) {
  nlohmann::json labels = nlohmann::json::array(), per_label = nlohmann::json::array();
  for (const std::string& label : e.labels) labels.push_back(printable_utf8(label));
  for (size_t i = 0; i < e.scores.size(); ++i) {
    const LabelScore& score = e.scores[i];
    per_label.push_back({{"label", labels[i]},
                         {"n_items", score.n_items},
                         {"n_predicted", score.n_predicted},
                         {"n_correct", score.n_correct},
                         {"precision", finite_or_null(score.precision())},
                         {"recall", finite_or_null(score.recall())}});
  }
  return {{"n_items", e.n_items},
          {"n_bad", e.n_bad},
          {"error", finite_or_null(e.error)},
          {"error_low", finite_or_null(e.error_low)},
          {"error_high", finite_or_null(e.error_high)},
          {"balanced_error", finite_or_null(e.balanced_error)},
          {"top5_error", finite_or_null(e.top5_error)},
          {"ece", finite_or_null(e.ece)},
          {"nll", finite_or_null(e.nll)},
          {"labels", labels},
          {"confusion", e.confusion},
          {"per_label", per_label}};
}

}  // namespace gulo
