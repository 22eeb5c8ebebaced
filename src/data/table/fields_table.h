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

// What a table's columns of files, by what they hold or by options.asked_kinds, make of it.
struct FieldsGuess {
  bool has_files = false;  // there is such a column
  // There is also something to learn from beside it and the label: a second one, or a column that tells something
  // (data/table/column_look.h). Without that a .csv or .tsv is better read as a list of files. options.asked_kinds are
  // reason enough.
  bool has_company = false;
  std::string remark;  // for people: what stands beside the files, and whether it is taken. Empty: nothing does
};

// Nothing is found in what cannot be read. Throws Error (kUsage) where options.asked_kinds name no column.
FieldsGuess look_for_fields(const std::string& path, const TableOptions& options);

// Errors as read_table_file; (kUsage) where options.asked_kinds name no column, and (kData) where no column names
// files. options.fields, of the training data, are found by name; a column that is not there is missing in all rows.
// Takes at most half of options.memory_bytes: training holds every field once more.
Corpus read_fields_table(const std::string& path, const TableOptions& options);

}  // namespace gulo
