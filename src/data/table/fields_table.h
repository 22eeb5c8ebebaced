// A table whose cells name files beside numbers and text: each row an item of kind fields (data/fields.h).
//
// A column is a field of files where nine tenths of its filled cells, as far as the first rows go, name files that
// exist; relative names count from the table's folder. What kind its files are, their contents say (data/decoder.h).
// All other columns but the label's together are one more field, of kind cells, the last one and without a name. An
// empty cell is a field that the row has not; so is a file that is absent or cannot be read, of which a warning says
// how many.
#pragma once

#include <string>

#include "data/table/table_file.h"

namespace gulo {

// Whether it is a table of rows with a column of files, by what it holds or by options.asked_kinds, and a further
// column beside that and the label's: with one alone it is a list of files. False for what cannot be read.
bool is_fields_table(const std::string& path, const TableOptions& options);

// Errors as read_table_file; (kUsage) where options.asked_kinds name no column. options.fields, of the training data,
// are found by name; a column that is not there is missing in all rows.
Corpus read_fields_table(const std::string& path, const TableOptions& options);

}  // namespace gulo
