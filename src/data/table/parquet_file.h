// Parquet as a labelled data set (row_table.h), read by the plugin parquet/parquet_rows.cpp where that was built.
//
// Whole numbers come as all of their digits, others as the fewest that mean no other number; times and decimals as
// Arrow writes them; lists and structs as JSON; null as an empty cell.
#pragma once

#include <memory>
#include <string>

#include "data/table/row_source.h"
#include "data/table/table_file.h"

namespace gulo {

// Errors as read_table_file.
std::unique_ptr<RowSource> parquet_rows(const std::string& path, const TableOptions& options);

// Errors as read_table_file; (kDevice) where the plugin is not there.
Corpus read_parquet(const std::string& path, const TableOptions& options);

}  // namespace gulo
