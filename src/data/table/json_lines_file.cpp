#include "data/table/json_lines_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "data/table/csv_dialect.h"
#include "data/table/json_object.h"
#include "data/table/row_table.h"

namespace gulo {
namespace {

// The lines that are not empty, numbered from 1.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  bool next(std::string_view& line, uint64_t& number) {
    while (!rest_.empty()) {
      const size_t end = std::min(rest_.find('\n'), rest_.size());
      line = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      number = ++n_lines_;
      if (line.find_first_not_of(" \t\r") != std::string_view::npos) return true;
    }
    return false;
  }

 private:
  std::string_view rest_;
  uint64_t n_lines_ = 0;
};

class JsonRows : public RowSource {
 public:
  JsonRows(std::string_view text, const std::string& path, const TableOptions& options) : lines_(text) {
    collect_names(text, path);
    if (options.as != Kind::kBytes) add_absent(options.columns);
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool named() const override { return true; }
  bool is_text(size_t column) const override { return n_more_texts_[column] > 0; }

  bool next(TableRow& row) override {
    std::string_view line;
    if (!lines_.next(line, row.number)) return false;
    row.problem = read_json_object(line, fields_);
    row.cells.assign(names_.size(), "");
    for (JsonField& field : fields_)
      if (const auto place = places_.find(field.name); place != places_.end())
        row.cells[place->second] = std::move(field.text);
    return true;
  }

 private:
  void collect_names(std::string_view text, const std::string& path) {
    LineReader lines(text);
    std::string_view line;
    std::string first_problem;
    for (uint64_t number = 0; lines.next(line, number);) {
      const std::string problem = read_json_object(line, fields_);
      if (!problem.empty() && first_problem.empty()) first_problem = fmt::format("line {} {}", number, problem);
      if (!problem.empty()) continue;
      for (const JsonField& field : fields_) {
        const size_t column = place_of(field.name);
        if (!is_missing_mark(field.text)) n_more_texts_[column] += is_number(field.text) ? -1 : 1;
      }
    }
    require(!names_.empty(), ErrorKind::kData,
            first_problem.empty() ? "the table is empty" : "has no JSON objects: " + first_problem,
            "each line is an object such as {\"text\": \"...\", \"label\": \"...\"}", path);
  }

  size_t place_of(const std::string& name) {
    const auto [place, is_new] = places_.try_emplace(name, names_.size());
    if (is_new) {
      names_.push_back(name);
      n_more_texts_.push_back(0);
    }
    return place->second;
  }

  // What no line names is empty everywhere; where nothing that was trained is named, it is another table.
  void add_absent(const std::vector<std::string>& columns) {
    if (std::none_of(columns.begin(), columns.end(), [this](const auto& name) { return places_.contains(name); }))
      return;
    for (const std::string& name : columns) place_of(name);
  }

  LineReader lines_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, size_t> places_;
  std::vector<int64_t> n_more_texts_;  // cells of text less those that are numbers
  std::vector<JsonField> fields_;
};

}  // namespace

std::unique_ptr<RowSource> json_line_rows(std::string_view text, const std::string& path, const TableOptions& options) {
  return std::make_unique<JsonRows>(text, path, options);
}

Corpus read_json_lines(std::string_view text, const std::string& path, const TableOptions& options) {
  JsonRows rows(text, path, options);
  return read_rows(rows, path, options);
}

}  // namespace gulo
