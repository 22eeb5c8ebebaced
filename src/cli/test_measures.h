// `test` by the task of the recogniser. Each writes the report where it is asked for, and returns what is printed.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "cli/test_items.h"

namespace gulo {

// Of labels that are named one by one.
inline constexpr size_t kListedLabels = 5;

// answers: answer_all() of the corpus.
std::string test_label(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                       std::span<const float> answers, const TestTiming& timing);
std::string test_labels(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                        std::span<const float> answers, const TestTiming& timing);
std::string test_number(const Options& options, const ModelSpec& spec, const Corpus& corpus,
                        std::span<const float> answers, const TestTiming& timing);

}  // namespace gulo
