#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "data/known_labels.h"
#include "data/table/data_set.h"
#include "report/evaluation.h"
#include "report/html_report.h"

namespace gulo {
namespace {

using Clock = std::chrono::steady_clock;

// Between two looks at the progress; a deep part wants many items at once.
constexpr size_t kBatchItems = 1024;
constexpr size_t kListedLabels = 5, kListedPairs = 5;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Split asked_split(const std::string& split) {
  if (split == "all") return Split::kAll;
  return split == "train" ? Split::kTrain : Split::kTest;
}

Corpus read_test_items(const Options& options, const ModelSpec& spec) {
  DataOptions data;
  data.split = asked_split(options.split);
  data.kind = spec.kind;
  data.columns = spec.columns;
  data.label_column = options.label;
  data.min_labels = 1;
  data.max_bad_fraction = options.max_bad;
  data.n_threads = thread_count(options);
  return read_data_set(options.data.at(0), data).corpus;
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
std::vector<float> predict_all(const Corpus& corpus, const Predictor& predictor, size_t n_known, size_t n_labels,
                               int n_threads) {
  std::vector<float> probabilities(corpus.n_items() * n_labels);
  Progress progress("testing");
  for (size_t begin = 0; begin < corpus.n_items(); begin += kBatchItems) {
    const size_t end = std::min(corpus.n_items(), begin + kBatchItems);
    std::vector<ItemView> items;
    for (size_t i = begin; i < end; ++i) items.push_back(corpus.view(i));
    const std::vector<float> logits = predictor.logits_of_all(items, n_threads);
    for (size_t i = begin; i < end; ++i) {
      const std::vector<float> row = softmax(std::span(logits).subspan((i - begin) * n_known, n_known));
      std::ranges::copy(row, probabilities.begin() + static_cast<std::ptrdiff_t>(i * n_labels));
    }
    progress.update(static_cast<double>(end) / static_cast<double>(corpus.n_items()), format_count(end) + " items");
  }
  progress.finish(format_count(corpus.n_items()) + " items, " + format_bytes(static_cast<double>(corpus.n_bytes())));
  return probabilities;
}

struct Timing {
  double wall_s = 0;
  uint64_t n_bytes = 0;
};

std::string as_json(const Evaluation& evaluation, const LabelMatch& match, const Timing& timing,
                    const Options& options) {
  nlohmann::json object = to_json(evaluation);
  object["model"] = options.model;
  object["data"] = options.data.at(0);
  object["n_unknown_label"] = match.n_unknown_items;
  object["wall_s"] = timing.wall_s;
  object["items_per_s"] = static_cast<double>(evaluation.n_items) / timing.wall_s;
  object["bytes_per_s"] = static_cast<double>(timing.n_bytes) / timing.wall_s;
  // Names may be no UTF-8.
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
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

std::string as_text(const Evaluation& evaluation, const Timing& timing) {
  const auto per_second = [&](double amount) { return amount / timing.wall_s; };
  std::string text = fmt::format("error              {}  ({} to {} with 95 % confidence; {} items)\n",
                                 format_percent(evaluation.error), format_percent(evaluation.error_low),
                                 format_percent(evaluation.error_high), format_count(evaluation.n_items));
  if (evaluation.labels.size() > 5)
    text += fmt::format("top-5 error        {}\n", format_percent(evaluation.top5_error));
  text += fmt::format("calibration error  {}\n", format_percent(evaluation.ece));
  if (evaluation.n_bad > 0) text += fmt::format("unreadable         {} items\n", format_count(evaluation.n_bad));
  text += fmt::format("time               {}, {} items/s, {}/s\n", format_duration(timing.wall_s),
                      format_si(per_second(static_cast<double>(evaluation.n_items))),
                      format_bytes(per_second(static_cast<double>(timing.n_bytes))));
  return text + worst_labels(evaluation) + confused_pairs(evaluation);
}

void write_report(const Options& options, const ModelSpec& spec, const Evaluation& evaluation) {
  AtomicFile file(options.report);
  file.write(html_report(options.model, spec, options.data.at(0), evaluation));
  file.commit();
  say("report: " + options.report);
}

}  // namespace

int run_test(const Options& options, const Model& model, const Predictor& predictor) {
  const auto start = Clock::now();
  const Corpus corpus = read_test_items(options, model.spec);
  const LabelMatch match = match_labels(model.spec.labels, corpus);
  warn_of_unknown_labels(match, model.spec.labels.size());
  const std::vector<float> probabilities =
      predict_all(corpus, predictor, model.spec.labels.size(), match.labels.size(), thread_count(options));
  const Timing timing{.wall_s = seconds_since(start), .n_bytes = corpus.n_bytes()};

  Evaluation evaluation = evaluate(match.labels, probabilities, match.item_labels, corpus.names);
  evaluation.n_bad = corpus.n_bad;
  if (!options.report.empty()) write_report(options, model.spec, evaluation);
  write_output(options.json ? as_json(evaluation, match, timing, options) : as_text(evaluation, timing));
  return 0;
}

}  // namespace gulo
