// Between gulo and gulo-parquet.so, which lies beside it and is alone linked with Arrow: loading Arrow takes ten times
// as long as gulo takes to start, so that is done where there is a Parquet file to be read and nowhere else.
#pragma once

#include <string>

#include "data/table/row_source.h"

namespace gulo {

inline constexpr const char* kParquetPlugin = "gulo-parquet.so";
inline constexpr const char* kOpenParquet = "gulo_open_parquet";

// What the plugin exports under that name. The rows belong to the caller; null where the file cannot be read: `error`
// says why. Names are as they stand in the file, rows are numbered from 1; next() throws std::runtime_error.
using OpenParquet = RowSource*(const char* path, std::string& error);

}  // namespace gulo
