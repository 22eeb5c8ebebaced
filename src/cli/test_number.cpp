#include <fmt/core.h>

#include <algorithm>

#include "base/units.h"
#include "cli/test_measures.h"
#include "report/number_evaluation.h"
#include "report/number_report.h"

namespace gulo {
namespace {

constexpr size_t kListedMisses = 5;

std::string worst_items(const NumberEvaluation& e) {
  std::string text = "\nfarthest off\n";
  for (size_t i = 0; i < std::min(kListedMisses, e.misses.size()); ++i)
    text += fmt::format("  {:>10.5g} instead of {:<10.5g} {}\n", e.misses[i].predicted, e.misses[i].number,
                        e.misses[i].name);
  return e.misses.empty() ? "" : text;
}

std::string as_text(const NumberEvaluation& e, const TestTiming& timing) {
  std::string text = fmt::format("RMSE               {:.5g}  ({:.5g} to {:.5g} with 95 % confidence; {} items)\n",
                                 e.rmse, e.rmse_low, e.rmse_high, format_count(e.n_items));
  text += fmt::format("MAE                {:.5g}\n", e.mae);
  text += fmt::format("R2                 {:.4f}\n", e.r2);
  text += fmt::format("without looking    RMSE {:.5g}, MAE {:.5g}, by always answering the training items' mean\n",
                      e.baseline_rmse, e.baseline_mae);
  return text + unreadable_text(e.n_bad) + timing_text(timing) + worst_items(e);
}

}  // namespace

std::string test_number(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                        std::span<const float> answers, const TestTiming& timing) {
  std::vector<double> predicted;
  for (const float answer : answers) predicted.push_back(spec.number_unit.to_number(answer));
  NumberEvaluation evaluation = evaluate_numbers(corpus.numbers, predicted, corpus.names, spec.number_unit.offset);
  evaluation.n_bad = corpus.n_bad;
  if (!options.report.empty())
    write_test_report(options, number_report(options.model, spec, options.data.at(0), evaluation));
  return options.json ? test_json(to_json(evaluation), options, spec, timing) : as_text(evaluation, timing);
}

}  // namespace gulo
