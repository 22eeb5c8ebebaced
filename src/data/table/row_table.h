// Rows as a labelled data set: each an item of kind cells, packed as data/cells.h says and as raw as it stands (blanks
// and missing marks stay); or, with one column of text, that cell's bytes as an item of kind bytes; or, as samples, a
// series of float32 [T, 1], in which cells that are no numbers are NaN and empty ones at the row's end are not there.
#pragma once

#include <string>

#include "data/table/row_source.h"
#include "data/table/table_file.h"

namespace gulo {

// Errors as read_table_file. Corpus::columns are those of the cells, or the one of the text.
Corpus read_rows(RowSource& rows, const std::string& path, const TableOptions& options);

}  // namespace gulo
