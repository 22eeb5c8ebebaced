// A table as rows of cells, whatever file it stands in: separated text, lines of JSON, Parquet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gulo {

struct TableRow {
  std::vector<std::string> cells;  // as many as the table has columns; of separated text perhaps not
  uint64_t number = 0;             // its line, or what else names it in the file, from 1
  std::string problem;             // why it cannot be read; empty: it can
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  // What the columns are called, all different; numbers from 1 where the file does not say.
  virtual const std::vector<std::string>& names() const = 0;
  // Whether the file says.
  virtual bool named() const = 0;
  // Whether most of a column's cells, as far as the source has looked, are text and no numbers.
  virtual bool is_text(size_t column) const = 0;
  // False at the end. Reuses row's memory. Throws Error (kData) where the rest cannot be read.
  virtual bool next(TableRow& row) = 0;
};

}  // namespace gulo
