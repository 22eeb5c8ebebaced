#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/progress.h"
#include "base/units.h"
#include "cli/test_measures.h"
#include "data/known_labels.h"
#include "report/evaluation.h"
#include "report/html_report.h"

namespace gulo {
namespace {

constexpr size_t kListedPairs = 5;

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
  const auto all = probabilities_of_all(Task::kLabel, answers, spec.labels.size(), match.labels.size());
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
