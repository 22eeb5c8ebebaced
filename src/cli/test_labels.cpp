#include <fmt/core.h>

#include <algorithm>

#include "base/progress.h"
#include "base/units.h"
#include "cli/test_measures.h"
#include "data/targets.h"
#include "report/labels_evaluation.h"
#include "report/labels_report.h"

namespace gulo {
namespace {

void warn_of_unknown_labels(const Corpus& corpus, size_t n_known) {
  if (corpus.labels.size() <= n_known) return;
  std::string names;
  for (size_t k = n_known; k < std::min(corpus.labels.size(), n_known + kListedLabels); ++k)
    names += (names.empty() ? "" : ", ") + corpus.labels[k];
  warn(fmt::format("{} labels are not known to the recogniser, and count as missed ({}{})",
                   format_count(corpus.labels.size() - n_known), names,
                   corpus.labels.size() > n_known + kListedLabels ? ", ..." : ""));
}

std::vector<float> wanted_of_all(const Corpus& corpus) {
  std::vector<uint32_t> items(corpus.n_items());
  for (size_t i = 0; i < items.size(); ++i) items[i] = static_cast<uint32_t>(i);
  return targets_of(corpus, items).values;
}

std::string worst_labels(const LabelsEvaluation& e) {
  std::vector<size_t> order;
  for (size_t k = 0; k < e.scores.size(); ++k)
    if (e.scores[k].f1() < 1) order.push_back(k);
  std::ranges::stable_sort(order, {}, [&](size_t k) { return e.scores[k].f1(); });
  order.resize(std::min(order.size(), kListedLabels));
  std::string text = order.empty() ? "" : "\nworst labels              F1  precision  recall  items\n";
  for (const size_t k : order)
    text += fmt::format("  {:<20} {:>6.3f}  {:>9.3f}  {:>6.3f}  {:>5}\n", e.labels[k], e.scores[k].f1(),
                        e.scores[k].precision(), e.scores[k].recall(), format_count(e.scores[k].n_items));
  return text;
}

std::string as_text(const LabelsEvaluation& e, const TestTiming& timing) {
  std::string text = fmt::format("micro F1           {:.4f}  ({:.4f} to {:.4f} with 95 % confidence; {} items)\n",
                                 e.micro_f1, e.micro_f1_low, e.micro_f1_high, format_count(e.n_items));
  text += fmt::format("macro F1           {:.4f}\n", e.macro_f1);
  text += fmt::format("average precision  {:.4f}, mean of the labels\n", e.mean_average_precision);
  text += fmt::format("all labels right   {} of the items\n", format_percent(e.exact_match));
  text += fmt::format("wrong              {} of all pairs of an item and a label (Hamming loss)\n",
                      format_percent(e.hamming_loss));
  text += fmt::format("labels an item     {:.2f} given, {:.2f} right ones\n", e.given_per_item, e.labels_per_item);
  return text + unreadable_text(e.n_bad) + timing_text(timing) + worst_labels(e);
}

}  // namespace

std::string test_labels(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                        std::span<const float> answers, const TestTiming& timing) {
  const size_t n_known = spec.labels.size();
  warn_of_unknown_labels(corpus, n_known);
  LabelsEvaluation evaluation =
      evaluate_labels(corpus.labels, probabilities_of_all(Task::kLabels, answers, n_known, corpus.labels.size()),
                      wanted_of_all(corpus), corpus.names);
  evaluation.n_bad = corpus.n_bad;
  if (!options.report.empty())
    write_test_report(options, labels_report(options.model, spec, options.data.at(0), evaluation));
  return options.json ? test_json(to_json(evaluation), options, spec, timing) : as_text(evaluation, timing);
}

}  // namespace gulo
