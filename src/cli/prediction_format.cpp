#include "cli/prediction_format.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/utf8.h"

namespace gulo {
namespace {

// A float has no more than about seven digits to say.
double rounded(float probability) { return std::round(static_cast<double>(probability) * 1e6) / 1e6; }

// RFC 4180: quotes around what holds a separator, a line end or a quote; quotes inside are doubled.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

std::vector<Prediction::Candidate> top_candidates(std::span<const float> probabilities, int k) {
  std::vector<int> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  const auto n = std::min<std::ptrdiff_t>(k, std::ssize(order));
  const auto probability = [&](int label) { return probabilities[static_cast<size_t>(label)]; };
  std::partial_sort(order.begin(), order.begin() + n, order.end(), [&](int a, int b) {
    return probability(a) > probability(b) || (probability(a) == probability(b) && a < b);
  });
  std::vector<Prediction::Candidate> top;
  for (const int label : std::span(order).first(static_cast<size_t>(n))) top.push_back({label, probability(label)});
  return top;
}

std::vector<Prediction::Candidate> probable_candidates(std::span<const float> probabilities) {
  auto candidates = top_candidates(probabilities, static_cast<int>(probabilities.size()));
  std::erase_if(candidates, [](const Prediction::Candidate& candidate) { return candidate.probability < 0.5f; });
  return candidates;
}

PredictionFormat::PredictionFormat(const std::string& name, const std::vector<std::string>& labels, Task task)
    : form_(name == "json"    ? Form::kJson
            : name == "jsonl" ? Form::kJsonLines
            : name == "csv"   ? Form::kCsv
                              : Form::kText),
      labels_(labels),
      task_(task) {}

std::string PredictionFormat::begin() const {
  if (form_ == Form::kJson) return "[";
  if (form_ != Form::kCsv) return "";
  return task_ == Task::kNumber ? "path,number\n" : "path,label,probability\n";
}

std::string PredictionFormat::end() const { return form_ == Form::kJson ? "\n]\n" : ""; }

void PredictionFormat::append(const Prediction& prediction, size_t number, std::string& text) const {
  switch (form_) {
    case Form::kText:
      return append_text(prediction, text);
    case Form::kCsv:
      return append_rows(prediction, text);
    case Form::kJson:
      text += number == 0 ? "\n" : ",\n";
      return append_object(prediction, text);
    case Form::kJsonLines:
      append_object(prediction, text);
      text += '\n';
  }
}

void PredictionFormat::append_text(const Prediction& prediction, std::string& text) const {
  if (!prediction.error.empty()) return;
  text += prediction.path + ":";
  if (task_ == Task::kNumber) {
    fmt::format_to(std::back_inserter(text), " {:.6g}\n", prediction.number);
    return;
  }
  if (prediction.top.empty()) text += " none";
  const char* before = " ";
  for (const Prediction::Candidate& candidate : prediction.top) {
    fmt::format_to(std::back_inserter(text), "{}{} {:.3f}", before, label(candidate), candidate.probability);
    before = ", ";
  }
  text += '\n';
}

void PredictionFormat::append_labels(const Prediction& prediction, nlohmann::ordered_json& object) const {
  if (task_ == Task::kLabel) {
    object["label"] = printable_utf8(label(prediction.top.front()));
    object["probability"] = rounded(prediction.top.front().probability);
  }
  auto& top = object[task_ == Task::kLabel ? "top" : "labels"] = nlohmann::ordered_json::array();
  for (const Prediction::Candidate& candidate : prediction.top)
    top.push_back({{"label", printable_utf8(label(candidate))}, {"probability", rounded(candidate.probability)}});
}

void PredictionFormat::append_object(const Prediction& prediction, std::string& text) const {
  // JSON takes UTF-8 only; names and labels may be any bytes.
  nlohmann::ordered_json object{{"path", printable_utf8(prediction.path)}};
  if (!prediction.error.empty()) {
    object["error"] = printable_utf8(prediction.error);
  } else if (task_ == Task::kNumber) {
    object["number"] = prediction.number;
  } else {
    append_labels(prediction, object);
  }
  text += object.dump();
}

void PredictionFormat::append_rows(const Prediction& prediction, std::string& text) const {
  if (!prediction.error.empty()) return;
  const auto to = std::back_inserter(text);
  if (task_ == Task::kNumber) {
    fmt::format_to(to, "{},{:.9g}\n", csv_field(prediction.path), prediction.number);
    return;
  }
  if (prediction.top.empty()) fmt::format_to(to, "{},,\n", csv_field(prediction.path));
  for (const Prediction::Candidate& candidate : prediction.top)
    fmt::format_to(std::back_inserter(text), "{},{},{:.6f}\n", csv_field(prediction.path), csv_field(label(candidate)),
                   candidate.probability);
}

}  // namespace gulo
