// What the measures of every task share: the items of DATA, and what the recogniser answers to them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "cli/options.h"
#include "data/corpus.h"
#include "model/spec.h"
#include "run/predictor.h"

namespace gulo {

// Of the recogniser's kind, columns and task. Throws Error as read_data_set.
Corpus read_test_items(const Options& options, const ModelSpec& spec);

// Logits [n_items, n_outputs], with progress.
std::vector<float> answer_all(const Corpus& corpus, const Predictor& predictor, int n_threads);

// Of logits [n_items, n_known]: [n_items, n_labels], where labels beyond the recogniser's own have probability 0.
std::vector<float> probabilities_of_all(Task task, std::span<const float> answers, size_t n_known, size_t n_labels);

struct TestTiming {
  double wall_s = 0;
  uint64_t n_items = 0, n_bytes = 0;
};

// "time               1.2 s, 3k items/s, 4 MB/s\n"
std::string timing_text(const TestTiming& timing);
// "unreadable         3 items\n", or nothing.
std::string unreadable_text(uint64_t n_bad);

// `measures` with what every task adds: task model data wall_s items_per_s bytes_per_s; one line.
std::string test_json(nlohmann::json measures, const Options& options, const ModelSpec& spec, const TestTiming& timing);

// Writes options.report, where it is asked for.
void write_test_report(const Options& options, const std::string& html);

}  // namespace gulo
