// Which columns of a table are the item's and which one is the label.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/table/row_source.h"
#include "data/table/table_file.h"

namespace gulo {

struct TableColumns {
  Kind kind = Kind::kCells;     // kBytes: cells is the one column of text
  std::optional<size_t> label;  // where options.labelled or where it is known by its name
  std::vector<size_t> cells;    // of cells in the order of options.columns, where these are given; of samples empty
};

// Throws Error (kUsage): no such column, or the label's is the item's; (kData): the columns are not those that were
// trained with.
TableColumns choose_columns(const RowSource& rows, const std::string& path, const TableOptions& options);

// The label's column alone; std::nullopt where it is not needed and not known. Errors as choose_columns.
std::optional<size_t> choose_label(const RowSource& rows, const std::string& path, const TableOptions& options);

// "width, height" for people, the first twenty.
std::string shown_columns(std::span<const std::string> names);

}  // namespace gulo
