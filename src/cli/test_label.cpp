#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "base/units.h"
#include "cli/test_measures.h"
#include "report/evaluation.h"
#include "report/html_report.h"

namespace gulo {
namespace {

constexpr size_t kListedLabels = 5, kListedPairs = 5;

// The model's labels, then those that only the test items have.
struct LabelMatch {
  std::vector<std::string> labels;
  std::vector<int> item_labels;  // [n_items], index into `labels`
  uint64_t n_unknown_items = 0;
};

// A label as a table's other part may have spelt it: without blanks around it and a full stop behind it, as the test
// part of the census table "adult" has one.
std::string plain_label(const std::string& label) {
  const size_t begin = label.find_first_not_of(" \t"), end = label.find_last_not_of(" \t.");
  return begin == std::string::npos || end == std::string::npos ? label : label.substr(begin, end + 1 - begin);
}

// The known label that `label` is: the same, or the only one that is spelt like it but for blanks and a full stop.
int find_label(const std::vector<std::string>& known, const std::string& label) {
  const auto same = std::ranges::find(known, label);
  if (same != known.end()) return static_cast<int>(same - known.begin());
  const auto alike = [&](const std::string& other) { return plain_label(other) == plain_label(label); };
  if (std::ranges::count_if(known, alike) != 1) return -1;
  const auto found = std::ranges::find_if(known, alike);
  say(fmt::format("label '{}' is taken for '{}'", label, *found));
  return static_cast<int>(found - known.begin());
}

LabelMatch match_labels(const std::vector<std::string>& known, const Corpus& corpus) {
  LabelMatch match{.labels = known, .item_labels = {}};
  std::vector<int> number_in_match;
  for (const std::string& label : corpus.labels) {
    const int found = find_label(known, label);
    number_in_match.push_back(found >= 0 ? found : static_cast<int>(match.labels.size()));
    if (found < 0) match.labels.push_back(label);
  }
  for (const int label : corpus.item_labels) {
    match.item_labels.push_back(number_in_match[static_cast<size_t>(label)]);
    if (match.item_labels.back() >= static_cast<int>(known.size())) ++match.n_unknown_items;
  }
  return match;
}

void warn_of_unknown_labels(const LabelMatch& match, size_t n_known) {
  if (match.n_unknown_items == 0) return;
  const std::vector<std::string> unknown(match.labels.begin() + static_cast<std::ptrdiff_t>(n_known),
                                         match.labels.end());
  const auto named = std::min(unknown.size(), kListedLabels);
  warn(fmt::format("{} items count as wrong: the recogniser does not know their label ({}{})",
                   format_count(match.n_unknown_items),
                   fmt::join(unknown.begin(), unknown.begin() + static_cast<std::ptrdiff_t>(named), ", "),
                   named < unknown.size() ? ", ..." : ""));
}

// [n_items * n_labels]; labels beyond the recogniser's own have probability 0.
std::vector<float> probabilities_of_all(std::span<const float> answers, size_t n_items, size_t n_known,
                                        size_t n_labels) {
  std::vector<float> all(n_items * n_labels);
  for (size_t i = 0; i < n_items; ++i)
    std::ranges::copy(softmax(answers.subspan(i * n_known, n_known)),
                      all.begin() + static_cast<std::ptrdiff_t>(i * n_labels));
  return all;
}

std::string worst_labels(const Evaluation& evaluation) {
  std::vector<size_t> order;
  for (size_t k = 0; k < evaluation.scores.size(); ++k)
    if (evaluation.scores[k].n_correct < evaluation.scores[k].n_items) order.push_back(k);
  std::ranges::stable_sort(order, {}, [&](size_t k) { return evaluation.scores[k].recall(); });
  order.resize(std::min(order.size(), kListedLabels));
  std::string text = order.empty() ? "" : "\nworst labels\n";
  for (const size_t k : order) {
    const LabelScore& score = evaluation.scores[k];
    text += fmt::format("  {:<24} {:>9} wrong of {}\n", evaluation.labels[k], format_percent(1 - score.recall()),
                        format_count(score.n_items));
  }
  return text;
}

std::string confused_pairs(const Evaluation& evaluation) {
  struct Pair {
    size_t label, predicted;
    uint64_t count;
  };
  std::vector<Pair> pairs;
  for (size_t i = 0; i < evaluation.confusion.size(); ++i)
    for (size_t j = 0; j < evaluation.confusion[i].size(); ++j)
      if (i != j && evaluation.confusion[i][j] > 0) pairs.push_back({i, j, evaluation.confusion[i][j]});
  std::ranges::stable_sort(pairs, std::ranges::greater{}, &Pair::count);
  pairs.resize(std::min(pairs.size(), kListedPairs));
  std::string text = pairs.empty() ? "" : "\nmost often confused\n";
  for (const Pair& pair : pairs)
    text += fmt::format("  {:>8}  {} taken for {}\n", format_count(pair.count), evaluation.labels[pair.label],
                        evaluation.labels[pair.predicted]);
  return text;
}

std::string as_text(const Evaluation& evaluation, const TestTiming& timing) {
  std::string text = fmt::format("error              {}  ({} to {} with 95 % confidence; {} items)\n",
                                 format_percent(evaluation.error), format_percent(evaluation.error_low),
                                 format_percent(evaluation.error_high), format_count(evaluation.n_items));
  if (evaluation.labels.size() > 5)
    text += fmt::format("top-5 error        {}\n", format_percent(evaluation.top5_error));
  text += fmt::format("calibration error  {}\n", format_percent(evaluation.ece));
  return text + unreadable_text(evaluation.n_bad) + timing_text(timing) + worst_labels(evaluation) +
         confused_pairs(evaluation);
}

}  // namespace

std::string test_label(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                       std::span<const float> answers, const TestTiming& timing) {
  const LabelMatch match = match_labels(spec.labels, corpus);
  warn_of_unknown_labels(match, spec.labels.size());
  const auto all = probabilities_of_all(answers, corpus.n_items(), spec.labels.size(), match.labels.size());
  Evaluation evaluation = evaluate(match.labels, all, match.item_labels, corpus.names);
  evaluation.n_bad = corpus.n_bad;
  if (!options.report.empty())
    write_test_report(options, html_report(options.model, spec, options.data.at(0), evaluation));
  if (!options.json) return as_text(evaluation, timing);
  nlohmann::json measures = to_json(evaluation);
  measures["n_unknown_label"] = match.n_unknown_items;
  return test_json(std::move(measures), options, spec, timing);
}

}  // namespace gulo
