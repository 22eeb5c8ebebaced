// Lines of JSON (.jsonl, .ndjson) as a labelled data set (row_table.h): an object a line, its fields the columns in the
// order in which the file first names them. Texts are as they are once unescaped, numbers as they stand (whole ones as
// JSON writes them), true and false by these words; lists and objects are their JSON text; null, and a field that a
// line has not, is an empty cell. Of a name that is twice in an object the last counts. Empty lines are passed over.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "data/table/row_source.h"
#include "data/table/table_file.h"

namespace gulo {

// `text` must outlive the rows. Errors as read_table_file.
std::unique_ptr<RowSource> json_line_rows(std::string_view text, const std::string& path, const TableOptions& options);

// Errors as read_table_file. A line that is no JSON object is a bad row. Where items get the columns of the training
// data and the file names some of them, the others are empty.
Corpus read_json_lines(std::string_view text, const std::string& path, const TableOptions& options);

}  // namespace gulo
