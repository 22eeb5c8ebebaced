// Separated text as a labelled data set (row_table.h).
//
// Separator, quotes and header are found out (csv_dialect.h). A number has a point, not a comma, before its decimals.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/table/row_source.h"
#include "data/table/table_file.h"

namespace gulo {

// `text` and `options` must outlive the rows. Errors as read_table_file.
std::unique_ptr<RowSource> csv_rows(std::string_view text, const std::string& path, const TableOptions& options);

// Errors as read_table_file.
Corpus read_csv(std::string_view text, const std::string& path, const TableOptions& options);

// Whether a column of its first rows names files, by the rules of is_table_file: a list, and no table.
bool is_list_of_files(std::string_view text, const std::string& path);

}  // namespace gulo
