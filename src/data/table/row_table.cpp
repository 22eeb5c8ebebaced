#include "data/table/row_table.h"

#include <fmt/core.h>

#include "base/error.h"
#include "data/cells.h"
#include "data/table/corpus_builder.h"
#include "data/table/table_columns.h"

namespace gulo {
namespace {

class RowTable {
 public:
  RowTable(RowSource& rows, const std::string& path, const TableOptions& options)
      : rows_(rows),
        options_(options),
        columns_(choose_columns(rows, path, options)),
        builder_(path, columns_.kind, options) {
    // Rows of series need not be of one length: unless the file or the user says where the label is, it counts from
    // the last cell.
    label_from_end_ = columns_.kind == Kind::kSamples && columns_.label && !rows.named() &&
                      (options.label_column.empty() || options.label_column.starts_with('-'));
    if (label_from_end_) columns_.label = rows.names().size() - 1 - *columns_.label;
  }

  Corpus read() {
    for (TableRow row; next_row(row);) {
      if (!row.problem.empty())
        builder_.add_bad(row.number, row.problem);
      else if (columns_.kind == Kind::kSamples)
        add_series(row);
      else
        add_item(row);
    }
    Corpus corpus = builder_.finish();
    for (const size_t i : columns_.cells) corpus.columns.push_back(rows_.names()[i]);
    if (!options_.columns.empty() && columns_.kind == Kind::kCells) corpus.columns = options_.columns;
    return corpus;
  }

 private:
  bool next_row(TableRow& row) {
    try {
      return rows_.next(row);
    } catch (const Error& error) {
      builder_.fail(error.message(), error.hint());
    }
  }

  void add_item(TableRow& row) {
    const size_t n_columns = rows_.names().size();
    if (row.cells.size() != n_columns)
      return builder_.add_bad(row.number, fmt::format("has {} cells, and {} are needed", row.cells.size(), n_columns));
    const std::string_view label = columns_.label ? std::string_view(row.cells[*columns_.label]) : std::string_view();
    if (columns_.kind == Kind::kBytes) return builder_.add_text(row.number, label, row.cells[columns_.cells[0]]);
    cells_.clear();
    for (const size_t i : columns_.cells) cells_.push_back(row.cells[i]);
    const ItemShape shape{.type = ValueType::kUint8, .extents = {static_cast<uint32_t>(cells_.size()), 1, 1}};
    builder_.add(row.number, label, shape, pack_cells(cells_));
  }

  void add_series(const TableRow& row) {
    const size_t n_cells = row.cells.size();
    const auto asked = columns_.label;
    if (asked && *asked >= n_cells) return builder_.add_bad(row.number, "has no label");
    const size_t label = !asked ? n_cells : label_from_end_ ? n_cells - 1 - *asked : *asked;
    values_.clear();
    size_t n_filled = 0;
    bool any_number = false;
    for (size_t i = 0; i < n_cells; ++i) {
      if (i == label) continue;
      values_.push_back(cell_number(row.cells[i]));
      any_number |= values_.back() == values_.back();
      if (!without_blanks(row.cells[i]).empty()) n_filled = values_.size();
    }
    if (!any_number) return builder_.add_bad(row.number, "has no numbers");
    values_.resize(n_filled);
    builder_.add_samples(row.number, asked ? std::string_view(row.cells[label]) : std::string_view(), values_, 1);
  }

  RowSource& rows_;
  const TableOptions& options_;
  TableColumns columns_;
  CorpusBuilder builder_;
  bool label_from_end_ = false;
  std::vector<std::string> cells_;
  std::vector<float> values_;
};

}  // namespace

Corpus read_rows(RowSource& rows, const std::string& path, const TableOptions& options) {
  require(options.as != Kind::kPixels, ErrorKind::kUsage, "a table has no pixels",
          "take it as cells, a column of text as bytes, or, a series a row, as samples", path);
  require(options.column.empty() || !options.as || options.as == Kind::kBytes, ErrorKind::kUsage,
          fmt::format("a column of text is bytes, not {}", kind_name(options.as.value_or(Kind::kBytes))),
          "leave --as or --column out", path);
  return RowTable(rows, path, options).read();
}

}  // namespace gulo
