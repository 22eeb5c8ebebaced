// The forms in which `predict` prints its answers (docs/commands.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "data/task.h"

namespace gulo {

struct Prediction {
  struct Candidate {
    int label = 0;
    float probability = 0;
  };
  std::string path;
  std::string error;           // why there is no answer; empty: there is one
  std::vector<Candidate> top;  // most probable first; of several labels an item there may be none
  double number = 0;           // of that task
};

// The `k` most probable labels; equal ones in the labels' order.
std::vector<Prediction::Candidate> top_candidates(std::span<const float> probabilities, int k);
// Those with a probability of 0.5 or more.
std::vector<Prediction::Candidate> probable_candidates(std::span<const float> probabilities);

// begin(), then append() for every prediction in its order, then end(). Thread-safe.
class PredictionFormat {
 public:
  // name: text, json, jsonl or csv. `labels` must outlive this object.
  PredictionFormat(const std::string& name, const std::vector<std::string>& labels, Task task = Task::kLabel);
  std::string begin() const;
  // number: 0 for the first prediction of all.
  void append(const Prediction& prediction, size_t number, std::string& text) const;
  std::string end() const;

 private:
  enum class Form { kText, kJson, kJsonLines, kCsv };
  void append_text(const Prediction& prediction, std::string& text) const;
  void append_object(const Prediction& prediction, std::string& text) const;
  void append_labels(const Prediction& prediction, nlohmann::ordered_json& object) const;
  void append_rows(const Prediction& prediction, std::string& text) const;
  const std::string& label(const Prediction::Candidate& candidate) const {
    return labels_[static_cast<size_t>(candidate.label)];
  }

  Form form_;
  const std::vector<std::string>& labels_;
  Task task_;
};

}  // namespace gulo
