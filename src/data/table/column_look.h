// Whether a column of a table can tell anything of the label, by how its cells look.
//
// For lists of files with further columns, which hold bookkeeping more often than knowledge.
#pragma once

#include <string>
#include <vector>

#include "data/table/row_source.h"

namespace gulo {

// False for a column that
//   is the same in all rows;
//   names the row: at least ten cells, all different, all of them whole numbers or words without blanks;
//   names a part of the data: "train", "test", "valid" and the like, or a column called split, fold, subset, partition;
//   is the label by another name: each value has one label and each label one value, and some come again.
// Every row has both columns.
bool tells_something(const std::vector<TableRow>& rows, size_t column, size_t label, const std::string& name);

}  // namespace gulo
