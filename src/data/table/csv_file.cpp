#include "data/table/csv_file.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/utf8.h"
#include "data/cells.h"
#include "data/table/corpus_builder.h"
#include "data/table/csv_dialect.h"

namespace gulo {
namespace {

constexpr size_t kListSampleRows = 50;

std::string shown(std::span<const std::string> names) {
  constexpr size_t kMost = 20;
  const auto some = names.first(std::min(names.size(), kMost));
  return printable_utf8(fmt::format("{}", fmt::join(some, ", "))) + (names.size() > kMost ? ", ..." : "");
}

// Which cells of a row are the item's and which one is the label.
struct RowPlan {
  std::optional<size_t> label;
  bool label_from_end = false;  // of series, whose rows are not of one length: label counts from the last cell, 0
  std::vector<size_t> cells;
};

class CsvTable {
 public:
  CsvTable(std::string_view text, const std::string& path, const TableOptions& options)
      : text_(text),
        options_(options),
        series_(options.as == Kind::kSamples),
        builder_(path, series_ ? Kind::kSamples : Kind::kCells, options) {
    require(!options.as || series_ || options.as == Kind::kCells, ErrorKind::kUsage,
            fmt::format("a table has no {}", kind_name(options.as.value_or(Kind::kCells))),
            "take it as cells or, a series a row, as samples", path);
  }

  Corpus read() {
    look();
    make_plan();
    RowReader reader(text_, dialect_.separator, dialect_.quotes);
    TextRow row;
    if (header_) reader.next(row);
    while (next_row(reader, row)) {
      if (series_)
        add_series(row);
      else
        add_cells(row);
    }
    Corpus corpus = builder_.finish();
    if (!series_)
      for (const size_t i : plan_.cells) corpus.columns.push_back(names_[i]);
    if (!options_.columns.empty() && !series_) corpus.columns = options_.columns;
    return corpus;
  }

 private:
  void look() {
    const std::string_view sample = csv_sample(text_);
    dialect_ = find_dialect(sample);
    const auto rows = sample_rows(sample, dialect_.separator, dialect_.quotes);
    if (rows.empty()) builder_.fail("the table is empty");
    header_ = has_header(rows, options_);
    names_ = column_names(rows[0], header_);
    if (!header_ && !series_) {
      TextRow widest{std::vector<std::string>(dialect_.n_columns), 1};
      names_ = column_names(widest, false);
    }
  }

  bool next_row(RowReader& reader, TextRow& row) const {
    try {
      return reader.next(row);
    } catch (const Error& error) {
      builder_.fail(error.message(), error.hint());
    }
  }

  void make_plan() {
    plan_.label = label_column();
    if (options_.labelled && names_.size() < 2)
      builder_.fail("its rows have one cell each, and an item and its label are needed",
                    "cells stand apart by commas, tabs, semicolons or |");
    if (!series_) plan_.cells = options_.columns.empty() ? columns_but_label() : trained_columns();
    if (!series_ && plan_.cells.empty()) builder_.fail("has no column beside the label's");
    // Unless a header or the user says where it is.
    plan_.label_from_end =
        series_ && plan_.label && !header_ && (options_.label_column.empty() || options_.label_column.starts_with('-'));
    if (plan_.label_from_end) plan_.label = names_.size() - 1 - *plan_.label;
  }

  std::vector<size_t> columns_but_label() const {
    std::vector<size_t> columns;
    for (size_t i = 0; i < names_.size(); ++i)
      if (i != plan_.label) columns.push_back(i);
    return columns;
  }

  // By name, else by number, else by place.
  std::vector<size_t> trained_columns() const {
    const auto by_name = header_ ? columns_by_name() : std::nullopt;
    if (by_name) return *by_name;
    const auto& trained = options_.columns;
    const bool numbered = std::all_of(trained.begin(), trained.end(),
                                      [](const std::string& name) { return whole_number(name).has_value(); });
    auto rest = columns_but_label();
    if ((numbered || !header_) && rest.size() == trained.size()) return rest;
    const auto by_number = numbered && names_.size() == trained.size() + 1 ? columns_by_number() : std::nullopt;
    if (by_number) return *by_number;
    builder_.fail(fmt::format("has columns {}, and the recogniser was trained with {}", shown(names_), shown(trained)),
                  "give the columns that it was trained with, by the same names or in the same order");
  }

  std::optional<std::vector<size_t>> columns_by_name() const {
    std::vector<size_t> columns;
    for (const std::string& name : options_.columns) {
      const auto found = find_column(names_, name);
      if (!found) return std::nullopt;
      columns.push_back(*found);
    }
    return columns;
  }

  std::optional<std::vector<size_t>> columns_by_number() const {
    std::vector<size_t> columns;
    for (const std::string& name : options_.columns) {
      const long number = *whole_number(name);
      if (number < 1 || static_cast<size_t>(number) > names_.size()) return std::nullopt;
      columns.push_back(static_cast<size_t>(number - 1));
    }
    return columns;
  }

  std::optional<size_t> label_column() const {
    if (!options_.label_column.empty()) return asked_column();
    for (const std::string_view name : {"label", "class", "target"})
      if (const auto found = header_ ? find_column(names_, name) : std::nullopt; found && !is_trained(*found))
        return found;
    return options_.labelled ? std::optional(names_.size() - 1) : std::nullopt;
  }

  bool is_trained(size_t column) const { return find_column(options_.columns, names_[column]).has_value(); }

  // Where no labels are needed, a column that is not there is no fault.
  std::optional<size_t> asked_column() const {
    const auto n_columns = static_cast<long>(names_.size());
    if (const auto number = whole_number(options_.label_column)) {
      // Rows of the trained columns alone have no label to leave out.
      if (!options_.labelled && names_.size() == options_.columns.size()) return std::nullopt;
      const bool there = *number != 0 && *number >= -n_columns && *number <= n_columns;
      if (there) return static_cast<size_t>(*number > 0 ? *number - 1 : n_columns + *number);
      require(!options_.labelled, ErrorKind::kUsage,
              fmt::format("there is no column {}: its rows have {} columns", *number, n_columns),
              "--label counts columns from 1, or from the end by -1, -2...", builder_.path());
      return std::nullopt;
    }
    const auto found = header_ ? find_column(names_, options_.label_column) : std::nullopt;
    require(found || !options_.labelled, ErrorKind::kUsage,
            fmt::format("there is no column called '{}'", printable_utf8(options_.label_column)),
            header_ ? "the columns: " + shown(names_) : "it has no header: give the column's number", builder_.path());
    return found;
  }

  void add_cells(const TextRow& row) {
    if (row.cells.size() != names_.size())
      return builder_.add_bad(row.line,
                              fmt::format("has {} cells, and {} are needed", row.cells.size(), names_.size()));
    cells_.clear();
    for (const size_t i : plan_.cells) cells_.push_back(row.cells[i]);
    const ItemShape shape{.type = ValueType::kUint8, .extents = {static_cast<uint32_t>(cells_.size()), 1, 1}};
    builder_.add(row.line, plan_.label ? row.cells[*plan_.label] : std::string_view(), shape, pack_cells(cells_));
  }

  void add_series(const TextRow& row) {
    const size_t n_cells = row.cells.size();
    if (plan_.label && *plan_.label >= n_cells) return builder_.add_bad(row.line, "has no label");
    const size_t label = !plan_.label ? n_cells : plan_.label_from_end ? n_cells - 1 - *plan_.label : *plan_.label;
    values_.clear();
    size_t n_filled = 0;
    bool any_number = false;
    for (size_t i = 0; i < n_cells; ++i) {
      if (i == label) continue;
      values_.push_back(cell_number(row.cells[i]));
      any_number |= values_.back() == values_.back();
      if (!without_blanks(row.cells[i]).empty()) n_filled = values_.size();
    }
    if (!any_number) return builder_.add_bad(row.line, "has no numbers");
    values_.resize(n_filled);
    builder_.add_samples(row.line, plan_.label ? std::string_view(row.cells[label]) : std::string_view(), values_, 1);
  }

  std::string_view text_;
  const TableOptions& options_;
  bool series_;
  CorpusBuilder builder_;
  CsvDialect dialect_;
  bool header_ = false;
  std::vector<std::string> names_;
  RowPlan plan_;
  std::vector<std::string> cells_;
  std::vector<float> values_;
};

bool is_file(const std::filesystem::path& list_path, const std::string& name) {
  if (name.empty() || name.size() > 4096) return false;
  std::error_code ignored;
  return std::filesystem::is_regular_file(list_path.parent_path() / name, ignored);
}

// folder/file.ext, but neither a web address nor a sentence.
bool looks_like_path(const std::string& cell) {
  if (cell.size() > 4096 || cell.find_first_of(" \t") != std::string::npos) return false;
  if (cell.find('/') == std::string::npos || cell.find("://") != std::string::npos) return false;
  const std::string extension = std::filesystem::path(cell).extension().string();
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  return extension.size() >= 2 && extension.size() <= 6 && std::any_of(extension.begin(), extension.end(), is_letter);
}

}  // namespace

Corpus read_csv(std::string_view text, const std::string& path, const TableOptions& options) {
  return CsvTable(text, path, options).read();
}

bool is_list_of_files(std::string_view text, const std::string& path) {
  const std::string_view sample = csv_sample(text);
  const CsvDialect dialect = find_dialect(sample);
  auto rows = sample_rows(sample, dialect.separator, dialect.quotes);
  rows.resize(std::min(rows.size(), kListSampleRows));
  if (rows.empty()) return false;
  const size_t n_columns = std::min(rows[0].cells.size(), dialect.n_columns);
  for (size_t i = 0; i < n_columns; ++i) {
    size_t n_files = 0, n_paths = 0;
    for (const TextRow& row : rows) {
      if (i >= row.cells.size()) continue;
      n_files += is_file(path, row.cells[i]) ? 1 : 0;
      n_paths += looks_like_path(row.cells[i]) ? 1 : 0;
    }
    // One row may be a header.
    if (2 * n_files >= rows.size() && n_files > 0) return true;
    if (i == 0 && n_columns == 2 && n_paths + 1 >= rows.size() && n_paths > 0) return true;
  }
  return false;
}

}  // namespace gulo
