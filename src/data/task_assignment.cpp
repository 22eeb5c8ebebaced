#include "data/task_assignment.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

constexpr std::string_view kSeparators = "|;,";
// So many different whole numbers may still be names of classes.
constexpr size_t kMostWholeLabels = 50, kMostFractions = 10;
constexpr double kMostWholeLabelShare = 0.05;
constexpr size_t kMostLabels = 65535;  // that a model file holds
constexpr size_t kMaxStrata = 10, kItemsPerStratum = 20;
constexpr const char* kColumnHint = "choose the label's column by --label";

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::optional<double> number_of(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = result.ec == std::errc() && result.ptr == text.data() + text.size() && std::isfinite(number);
  return is_number ? std::optional(number) : std::nullopt;
}

// Without blanks around them, without empty ones and repetitions.
std::vector<std::string> parts_of(std::string_view text, std::optional<char> separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = separator ? text.find(*separator) : std::string_view::npos;
    const std::string part(without_blanks(text.substr(0, end)));
    if (!part.empty() && std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

bool look_like_numbers(const Corpus& corpus) {
  std::vector<double> numbers;
  for (const std::string& text : corpus.labels) {
    const auto number = number_of(text);
    if (!number) return false;
    numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const bool whole = std::ranges::all_of(numbers, [](double number) { return number == std::floor(number); });
  if (!whole) return numbers.size() > kMostFractions || numbers.size() == corpus.n_items();
  const auto n = static_cast<double>(numbers.size());
  // Numbers of classes have no gaps.
  return numbers.size() > kMostWholeLabels && n > kMostWholeLabelShare * static_cast<double>(corpus.n_items()) &&
         numbers.back() - numbers.front() + 1 > n;
}

// Parts are used again in other texts, and texts differ in how many they have, as lists of labels do and "name, first
// name" does not.
bool separates_labels(const Corpus& corpus, char separator) {
  std::unordered_map<std::string, size_t> parts;
  size_t n_texts = 0, least = SIZE_MAX, most = 0;
  for (const std::string& text : corpus.labels) {
    const auto own = parts_of(text, separator);
    if (own.empty()) continue;
    for (const std::string& part : own) ++parts[part];
    least = std::min(least, own.size()), most = std::max(most, own.size());
    ++n_texts;
  }
  return most > 1 && parts.size() < n_texts && (least < most || separator != ',');
}

std::optional<char> guessed_separator(const Corpus& corpus) {
  for (const char separator : kSeparators)
    if (separates_labels(corpus, separator)) return separator;
  return std::nullopt;
}

std::optional<char> first_separator(const Corpus& corpus) {
  if (const auto guessed = guessed_separator(corpus)) return guessed;
  for (const char separator : kSeparators)
    for (const std::string& text : corpus.labels)
      if (text.find(separator) != std::string::npos) return separator;
  return std::nullopt;
}

void check_labels(const Corpus& corpus, const TaskOptions& options, const std::string& data) {
  const size_t n_labels = corpus.labels.size(), n_items = corpus.n_items();
  require(n_labels >= options.min_labels, ErrorKind::kData,
          n_labels == 1 ? fmt::format("all {} items have one label, '{}', and at least {} labels are needed", n_items,
                                      corpus.labels[0], options.min_labels)
                        : fmt::format("has {} labels, and at least {} are needed", n_labels, options.min_labels),
          kColumnHint, data);
  require(!options.repeating || options.min_labels < 2 || n_labels < n_items, ErrorKind::kData,
          fmt::format("all {} items have different labels ('{}', '{}', ...)", n_items, corpus.labels[0],
                      corpus.labels.back()),
          fmt::format("{}; each label needs several items, and numbers to predict are asked for by --task number",
                      kColumnHint),
          data);
}

// Validation takes its share of the rare labels too.
void set_strata_by_rarity(Corpus& corpus) {
  std::vector<size_t> counts(corpus.labels.size());
  for (const auto& set : corpus.label_sets)
    for (const int label : set) ++counts[static_cast<size_t>(label)];
  const auto count = [&](int label) { return counts[static_cast<size_t>(label)]; };
  const int none = static_cast<int>(corpus.labels.size());
  for (size_t i = 0; i < corpus.n_items(); ++i) {
    const auto& set = corpus.label_sets[i];
    corpus.item_labels[i] = set.empty() ? none : *std::ranges::min_element(set, {}, count);
  }
}

void set_strata_by_rank(Corpus& corpus) {
  std::vector<size_t> order(corpus.n_items());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return corpus.numbers[i]; });
  const size_t n_strata = std::clamp(order.size() / kItemsPerStratum, size_t{1}, kMaxStrata);
  for (size_t rank = 0; rank < order.size(); ++rank)
    corpus.item_labels[order[rank]] = static_cast<int>(rank * n_strata / order.size());
}

void assign_labels(Corpus& corpus, const TaskOptions& options, const std::string& data) {
  const auto separator = first_separator(corpus);
  const auto is_known = [&](const std::string& text) {
    return std::ranges::find(options.labels, text) != options.labels.end();
  };
  std::vector<std::vector<std::string>> parts;
  std::map<std::string, int> numbers;  // by name
  for (const std::string& text : corpus.labels) {
    parts.push_back(parts_of(text, is_known(text) ? std::nullopt : separator));
    for (const std::string& part : parts.back()) numbers.emplace(part, 0);
  }
  std::vector<std::string> labels = options.labels;
  for (size_t i = 0; i < labels.size(); ++i) numbers[labels[i]] = static_cast<int>(i);
  for (auto& [label, number] : numbers)
    if (!is_known(label)) number = static_cast<int>(labels.size()), labels.push_back(label);
  require(labels.size() >= std::min<size_t>(options.min_labels, 1), ErrorKind::kData, "no item has a label",
          kColumnHint, data);
  require(labels.size() <= kMostLabels, ErrorKind::kData,
          fmt::format("has {} labels, and at most {} can be learned", labels.size(), kMostLabels), kColumnHint, data);
  for (const int text : corpus.item_labels) {
    auto& set = corpus.label_sets.emplace_back();
    for (const std::string& part : parts[static_cast<size_t>(text)]) set.push_back(numbers.at(part));
    std::ranges::sort(set);
  }
  corpus.labels = std::move(labels);
  set_strata_by_rarity(corpus);
}

[[noreturn]] void fail_as_no_numbers(const Corpus& corpus, const std::vector<std::optional<double>>& by_text,
                                     const std::string& data) {
  const auto is_none = [&](int text) { return !by_text[static_cast<size_t>(text)]; };
  const auto first = std::ranges::find_if(corpus.item_labels, is_none);
  const std::string text = corpus.labels[static_cast<size_t>(*first)];
  throw Error(ErrorKind::kData,
              fmt::format("'{}', the label of {}, is no number; {} of {} items have none", text.substr(0, 40),
                          corpus.names[static_cast<size_t>(first - corpus.item_labels.begin())],
                          format_count(static_cast<uint64_t>(std::ranges::count_if(corpus.item_labels, is_none))),
                          format_count(corpus.n_items())),
              "mend or leave out these items, choose another column by --label, or train on labels, --task label",
              data);
}

void assign_numbers(Corpus& corpus, const TaskOptions& options, const std::string& data) {
  std::vector<std::optional<double>> by_text;
  for (const std::string& text : corpus.labels) by_text.push_back(number_of(text));
  if (std::ranges::any_of(by_text, [](const auto& number) { return !number; }))
    fail_as_no_numbers(corpus, by_text, data);
  for (const int text : corpus.item_labels) corpus.numbers.push_back(*by_text[static_cast<size_t>(text)]);
  const auto [least, most] = std::ranges::minmax(corpus.numbers);
  require(options.min_labels < 2 || least < most, ErrorKind::kData,
          fmt::format("all {} items have the same number, {}", corpus.n_items(), least), kColumnHint, data);
  corpus.labels = {"number"};
  set_strata_by_rank(corpus);
}

}  // namespace

Task guess_task(const Corpus& corpus) {
  if (corpus.declared_task) return *corpus.declared_task;
  if (look_like_numbers(corpus)) return Task::kNumber;
  return guessed_separator(corpus) ? Task::kLabels : Task::kLabel;
}

void assign_task(Corpus& corpus, const TaskOptions& options, const std::string& data) {
  corpus.task = options.task.value_or(guess_task(corpus));
  switch (corpus.task) {
    case Task::kLabel:
      return check_labels(corpus, options, data);
    case Task::kLabels:
      return assign_labels(corpus, options, data);
    case Task::kNumber:
      return assign_numbers(corpus, options, data);
  }
}

std::string answers_text(const Corpus& corpus) {
  if (corpus.task == Task::kLabel || corpus.n_items() == 0) return fmt::format("{} labels", corpus.labels.size());
  if (corpus.task == Task::kNumber) {
    const auto [least, most] = std::ranges::minmax(corpus.numbers);
    return fmt::format("one number an item ({:.6g} to {:.6g})", least, most);
  }
  size_t n = 0;
  for (const auto& set : corpus.label_sets) n += set.size();
  return fmt::format("several labels an item ({} labels, {:.1f} an item)", corpus.labels.size(),
                     static_cast<double>(n) / static_cast<double>(corpus.n_items()));
}

void set_number_unit(Corpus& corpus, const std::vector<uint32_t>& items) {
  if (corpus.task != Task::kNumber || items.empty()) return;
  double sum = 0, squares = 0;
  for (const uint32_t item : items) sum += corpus.numbers[item];
  const double mean = sum / static_cast<double>(items.size());
  for (const uint32_t item : items) squares += (corpus.numbers[item] - mean) * (corpus.numbers[item] - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(items.size()));
  corpus.number_unit = {mean, deviation > 0 && std::isfinite(deviation) ? deviation : 1};
}

}  // namespace gulo
