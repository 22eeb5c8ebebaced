#include "data/table/ts_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/lower.h"
#include "base/utf8.h"
#include "data/cells.h"
#include "data/table/corpus_builder.h"

namespace gulo {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

std::string_view take_line(std::string_view& rest) {
  const size_t length = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return without_blanks(line);
}

std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const size_t length = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

bool is_comment(std::string_view line) { return line.empty() || line[0] == '#' || line[0] == '%'; }

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

// nullopt: neither a number nor missing.
std::optional<float> ts_value(std::string_view text) {
  text = without_blanks(text);
  if (text == "?" || lower(text) == "nan") return kMissing;
  const float value = cell_number(text);
  return value == value ? std::optional(value) : std::nullopt;
}

class TsParser {
 public:
  TsParser(std::string_view text, const std::string& path, const TableOptions& options)
      : rest_(without_mark(text)), options_(options), builder_(path, Kind::kSamples, options) {}

  Corpus parse() {
    parse_head();
    while (!rest_.empty()) {
      ++line_;
      const std::string_view line = take_line(rest_);
      if (is_comment(line)) continue;
      if (const auto reason = parse_series(line); !reason.empty()) builder_.add_bad(line_, reason);
    }
    return builder_.finish();
  }

 private:
  void parse_head() {
    bool found_data = false;
    while (!rest_.empty() && !found_data) {
      ++line_;
      std::string_view line = take_line(rest_);
      if (is_comment(line)) continue;
      if (line[0] != '@')
        builder_.fail(fmt::format("line {}: the head of a .ts file has lines that begin with @", line_));
      const std::string key = lower(take_until(line, " \t"));
      if (key == "@data") found_data = true;
      parse_head_line(key, line);
    }
    if (!found_data) builder_.fail("has no @data line: it is no .ts file, or cut short");
    if (options_.labelled && !has_labels_)
      builder_.fail("its series have no labels (no @classLabel true or @targetLabel true)",
                    "give a .ts file for classification or regression");
  }

  void parse_head_line(const std::string& key, std::string_view value) {
    const std::string word = lower(take_until(value, " \t"));
    if (key == "@timestamps" && word == "true")
      builder_.fail("its values have timestamps, which are not read", "write the values alone, @timestamps false");
    if (key == "@targetlabel" && word == "true") {
      has_labels_ = true;
      builder_.declare(Task::kNumber);
    }
    if (key == "@equallength") equal_length_ = word == "true";
    if (key == "@classlabel" && word == "true") {
      has_labels_ = true;
      builder_.declare(Task::kLabel);
    }
    if (key != "@classlabel") return;
    while (!value.empty())
      if (const auto label = take_until(value, " \t"); !label.empty()) known_labels_.emplace(label);
  }

  // What is wrong with the line; empty: nothing.
  std::string parse_series(std::string_view line) {
    if (line[0] == '(') builder_.fail(fmt::format("line {}: its values have timestamps, which are not read", line_));
    const size_t colon = line.rfind(':');
    if (has_labels_ && colon == std::string_view::npos) return "has no label";
    const std::string_view label = has_labels_ ? without_blanks(line.substr(colon + 1)) : std::string_view();
    if (has_labels_ && !known_labels_.empty() && !known_labels_.contains(std::string(label)))
      return fmt::format("its label '{}' is not one that @classLabel names", printable_utf8(label.substr(0, 40)));
    if (has_labels_) line = line.substr(0, colon);
    if (const auto reason = parse_dimensions(line); !reason.empty()) return reason;
    return add(label);
  }

  std::string parse_dimensions(std::string_view line) {
    values_.clear();
    ends_.clear();
    for (bool more = true; more;) {
      more = line.find(':') != std::string_view::npos;
      std::string_view dimension = without_blanks(take_until(line, ":"));
      while (!dimension.empty()) {
        const std::string_view text = take_until(dimension, ",");
        const auto value = ts_value(text);
        if (!value) return fmt::format("'{}' is no number", printable_utf8(text.substr(0, 40)));
        values_.push_back(*value);
      }
      ends_.push_back(values_.size());
    }
    return "";
  }

  std::string add(std::string_view label) {
    size_t length = 0;
    for (size_t c = 0; c < ends_.size(); ++c) length = std::max(length, ends_[c] - (c > 0 ? ends_[c - 1] : 0));
    if (length == 0) return "has no values";
    if (n_channels_ == 0) n_channels_ = ends_.size();
    if (ends_.size() != n_channels_)
      return fmt::format("has {} dimensions, and those before it {}", ends_.size(), n_channels_);
    if (equal_length_ && length_ != 0 && length != length_)
      return fmt::format("has {} values, those before it {}, and @equalLength is true", length, length_);
    // A line of n characters can ask for n^2 / 16 values by one long dimension and many empty ones.
    if (length > ReadLimits{}.max_bytes / sizeof(float) / n_channels_) return "is too large";
    length_ = length;
    series_.assign(length * n_channels_, kMissing);
    for (size_t c = 0, at = 0; c < n_channels_; ++c)
      for (size_t t = 0; at < ends_[c]; ++t) series_[t * n_channels_ + c] = values_[at++];
    builder_.add_samples(line_, label, series_, static_cast<uint32_t>(n_channels_));
    return "";
  }

  std::string_view rest_;
  const TableOptions& options_;
  CorpusBuilder builder_;
  uint64_t line_ = 0;
  bool equal_length_ = false, has_labels_ = false;
  std::unordered_set<std::string> known_labels_;
  size_t n_channels_ = 0, length_ = 0;
  std::vector<float> values_, series_;  // of the line at hand: by dimension, then [T, C]
  std::vector<size_t> ends_;            // of its dimensions in values_
};

}  // namespace

bool is_ts(std::string_view text) {
  text = without_mark(text);
  while (!text.empty())
    if (const auto line = take_line(text); !is_comment(line)) return line[0] == '@';
  return false;
}

Corpus read_ts(std::string_view text, const std::string& path, const TableOptions& options) {
  return TsParser(text, path, options).parse();
}

}  // namespace gulo
