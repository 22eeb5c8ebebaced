// How a file of separated text is written, found out from its first rows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/csv.h"
#include "data/table/table_file.h"

namespace gulo {

struct CsvDialect {
  char separator = ',';
  bool quotes = true;
  size_t n_columns = 0;  // of most rows; 1: there is no separator
};

// The beginning of a text, up to a line's end, that is enough to tell from.
std::string_view csv_sample(std::string_view text);

// Up to 1000 rows; what stands behind a quote that never closes is left out, as a sample may be cut there.
std::vector<TextRow> sample_rows(std::string_view sample, char separator, bool quotes);

// The separator (tab, semicolon, | or comma) that gives the most rows the same number of cells, two at least; among
// equals the first in that order. Between tabs quotes are a cell's own where that gives as many rows of one width,
// unless every cell that opens with one closes with one.
CsvDialect find_dialect(std::string_view sample);

// Whether the first row holds names: one of them is label, class, target, options.label_column, options.column or one
// of options.columns (not where that is a number); or it has text above a column of numbers and no number above one;
// or, in a table of text alone without options.columns, its cells are all different, none is empty, and none comes
// again in its column.
bool has_header(std::span<const TextRow> rows, const TableOptions& options);

// Whether the whole cell, blanks around it aside, is a number.
bool is_number(std::string_view text);

// Whether it is empty or stands for nothing: ?, -, NA, nan, none, null and their like, in any case.
bool is_missing_mark(std::string_view text);

// What a column is called: the header's cell without blanks around it, .2 behind the second of a name; or, without
// header and above an empty cell, its number from 1.
std::vector<std::string> column_names(const TextRow& first_row, bool header);

// std::nullopt: none called so. `name` in any case, by itself a header's or one of label, class, target.
std::optional<size_t> find_column(std::span<const std::string> names, std::string_view name);

// -1 or 1 of "-1", "1"; nullopt of other text.
std::optional<long> whole_number(std::string_view text);

}  // namespace gulo
