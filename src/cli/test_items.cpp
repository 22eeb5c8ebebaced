#include "cli/test_items.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/file.h"
#include "base/progress.h"
#include "base/units.h"
#include "cli/commands.h"
#include "data/table/data_set.h"

namespace gulo {
namespace {

// Between two looks at the progress; a deep part wants many items at once.
constexpr size_t kBatchItems = 1024;

Split asked_split(const std::string& split) {
  if (split == "all") return Split::kAll;
  return split == "train" ? Split::kTrain : Split::kTest;
}

}  // namespace

Corpus read_test_items(const Options& options, const ModelSpec& spec) {
  DataOptions data;
  data.split = asked_split(options.split);
  data.kind = spec.kind;
  data.task = spec.task;
  if (spec.task == Task::kLabels) data.labels = spec.labels;
  data.columns = spec.columns;
  data.fields = spec.fields;
  data.label_column = options.label;
  data.column = options.column;
  data.min_labels = 1;
  data.max_bad_fraction = options.max_bad;
  data.memory_bytes = options.memory_bytes;
  data.spill_folder = temporary_folder(options.model);
  data.n_threads = thread_count(options);
  return read_data_set(options.data.at(0), data).corpus;
}

std::vector<float> answer_all(const Corpus& corpus, const Predictor& predictor, int n_threads) {
  std::vector<float> all;
  Progress progress("testing");
  for (size_t begin = 0; begin < corpus.n_items(); begin += kBatchItems) {
    const size_t end = std::min(corpus.n_items(), begin + kBatchItems);
    std::vector<ItemView> items;
    for (size_t i = begin; i < end; ++i) items.push_back(corpus.view(i));
    const std::vector<float> logits = predictor.logits_of_all(items, n_threads);
    all.insert(all.end(), logits.begin(), logits.end());
    progress.update(static_cast<double>(end) / static_cast<double>(corpus.n_items()), format_count(end) + " items");
  }
  progress.finish(format_count(corpus.n_items()) + " items, " + format_bytes(static_cast<double>(corpus.n_bytes())));
  return all;
}

std::vector<float> probabilities_of_all(Task task, std::span<const float> answers, size_t n_known, size_t n_labels) {
  const size_t n_items = answers.size() / n_known;
  std::vector<float> all(n_items * n_labels);
  for (size_t i = 0; i < n_items; ++i)
    std::ranges::copy(probabilities(task, answers.subspan(i * n_known, n_known)),
                      all.begin() + static_cast<std::ptrdiff_t>(i * n_labels));
  return all;
}

std::string timing_text(const TestTiming& timing) {
  return fmt::format("time               {}, {} items/s, {}/s\n", format_duration(timing.wall_s),
                     format_si(static_cast<double>(timing.n_items) / timing.wall_s),
                     format_bytes(static_cast<double>(timing.n_bytes) / timing.wall_s));
}

std::string unreadable_text(uint64_t n_bad) {
  return n_bad > 0 ? fmt::format("unreadable         {} items\n", format_count(n_bad)) : "";
}

std::string test_json(nlohmann::json measures, const Options& options, const ModelSpec& spec,
                      const TestTiming& timing) {
  measures["task"] = task_name(spec.task);
  measures["model"] = options.model;
  measures["data"] = options.data.at(0);
  measures["wall_s"] = timing.wall_s;
  measures["items_per_s"] = static_cast<double>(timing.n_items) / timing.wall_s;
  measures["bytes_per_s"] = static_cast<double>(timing.n_bytes) / timing.wall_s;
  // Names may be no UTF-8.
  return measures.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void write_test_report(const Options& options, const std::string& html) {
  AtomicFile file(options.report);
  file.write(html);
  file.commit();
  say("report: " + options.report);
}

}  // namespace gulo
