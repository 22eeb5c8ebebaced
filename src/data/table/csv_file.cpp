#include "data/table/csv_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <span>

#include "base/error.h"
#include "data/table/csv_dialect.h"
#include "data/table/row_table.h"

namespace gulo {
namespace {

constexpr size_t kListSampleRows = 50;

class CsvRows : public RowSource {
 public:
  CsvRows(std::string_view text, const std::string& path, const TableOptions& options) {
    const std::string_view sample = csv_sample(text);
    const CsvDialect dialect = find_dialect(sample);
    sample_ = sample_rows(sample, dialect.separator, dialect.quotes);
    require(!sample_.empty(), ErrorKind::kData, "the table is empty", "", path);
    header_ = has_header(sample_, options);
    names_ = column_names(sample_[0], header_);
    if (!header_ && options.as != Kind::kSamples)
      names_ = column_names({std::vector<std::string>(dialect.n_columns), 1}, false);
    require(!options.labelled || names_.size() >= 2, ErrorKind::kData,
            "its rows have one cell each, and an item and its label are needed",
            "cells stand apart by commas, tabs, semicolons or |", path);
    reader_.emplace(text, dialect.separator, dialect.quotes);
    if (header_) skip_header(path);
  }

  const std::vector<std::string>& names() const override { return names_; }
  bool named() const override { return header_; }

  bool is_text(size_t column) const override {
    size_t n_texts = 0, n_numbers = 0;
    for (const TextRow& row : std::span(sample_).subspan(header_ ? 1 : 0)) {
      if (column >= row.cells.size() || is_missing_mark(row.cells[column])) continue;
      (is_number(row.cells[column]) ? n_numbers : n_texts) += 1;
    }
    return n_texts > n_numbers;
  }

  bool next(TableRow& row) override {
    text_row_.cells.swap(row.cells);
    const bool more = reader_->next(text_row_);
    row.cells.swap(text_row_.cells);
    row.number = text_row_.line;
    return more;
  }

 private:
  void skip_header(const std::string& path) {
    try {
      reader_->next(text_row_);
    } catch (const Error& error) {
      throw Error(error.kind(), error.message(), error.hint(), path);
    }
  }

  std::vector<TextRow> sample_;
  bool header_ = false;
  std::vector<std::string> names_;
  std::optional<RowReader> reader_;
  TextRow text_row_;
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

std::unique_ptr<RowSource> csv_rows(std::string_view text, const std::string& path, const TableOptions& options) {
  return std::make_unique<CsvRows>(text, path, options);
}

Corpus read_csv(std::string_view text, const std::string& path, const TableOptions& options) {
  CsvRows rows(text, path, options);
  return read_rows(rows, path, options);
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
