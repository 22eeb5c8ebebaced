// Files that are a whole labelled data set: each row, series or picture in them is an item (docs/formats.md).
//
//   .ts               UCR/UEA series: samples of float32 [T, C]
//   .npz              arrays X (n, T) or (n, T, C) and y (n): samples
//   *-ubyte[.gz]      IDX pictures, the labels in the file beside them: pixels [H, W, 1]
//   .csv .tsv .tab    separated text: a row an item of kind cells, or, as samples, a series; or one column of text,
//   whose
//                     cells are items of kind bytes
//   .jsonl .ndjson    a JSON object a line, its fields the columns: likewise
//   .parquet          likewise
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "data/corpus.h"
#include "data/source.h"
#include "data/table/row_source.h"

namespace gulo {

struct TableOptions {
  // --label: the label's column by name, or by number from 1, or from the end by -1, -2...; empty: the one called
  // label, class or target, else the last. Only for tables of rows.
  std::string label_column = {};
  size_t min_labels = 2;  // fewer are an error; below 2, rows that all have different labels are none
  // False, for prediction: labels are not needed and not read, Corpus::item_labels are -1 and Corpus::labels is empty.
  bool labelled = true;
  bool may_lack_labels = false;    // an item with an empty label is one; else it is a bad row
  double max_bad_fraction = 0.01;  // more unreadable rows than this is an error (--max-bad)
  // Of tables of rows: kCells, kSamples, or kBytes, which is one column of text. None: cells, or the text where it is
  // the one column beside the label's, which is then said aloud.
  std::optional<Kind> as = {};
  std::string column = {};  // --column: the column of text, named as label_column is
  // Corpus::columns of the training data: items get these, in this order, by name or else by place. Empty: all columns
  // but the label's.
  std::vector<std::string> columns = {};
  std::vector<FieldColumn> fields = {};       // Corpus::fields of the training data
  std::vector<FieldColumn> asked_kinds = {};  // --as COLUMN=KIND: what the files that a column names are opened to
  int n_threads = 1;                          // that read such files
  uint64_t memory_bytes = 0;                  // 0: half of the machine's free memory
  std::string spill_folder = {};              // where more than that lies in a temporary file; empty: more is an error
};

// By its name and its beginning. False for what is absent or no regular file, and for a .csv or .tsv that is a list:
// where the cells of a column name files that exist, or in two columns look like nothing but paths.
bool is_table_file(const std::string& path);

// A regular file with a table's name: where a column of text is asked for, its cells may look like what they will.
bool has_table_name(const std::string& path);

// Whether it is a table of rows, by its name: separated text, lines of JSON, Parquet.
bool has_rows(const std::string& path);

// The rows of such a table, and what they are read from; no rows where it is none. Errors as read_table_file.
struct OpenRows {
  MappedFile file;
  std::unique_ptr<RowSource> rows;
};
OpenRows open_rows(const std::string& path, const TableOptions& options);

// Throws Error (kData): damaged, empty, no labels where they must be, too few of them, all different, too many bad
// rows; (kUsage): no such column; (kDevice): too large for the memory. Bad rows within max_bad_fraction are warned of
// and left out. Items keep the file's order; names are "FILE:LINE" of text and "FILE:NUMBER" (from 1) of arrays; labels
// are sorted.
Corpus read_table_file(const std::string& path, const TableOptions& options);

// Where `data` is a folder that holds a train and a test table (train.csv and test.csv, or .tsv, .tab, .ts, .npz;
// NAME_TRAIN.ts and NAME_TEST.ts; train-images-idx3-ubyte and t10k-images-idx3-ubyte, also .gz) and no train/ or
// test/ folder: the split's file, or both for kAll. Else empty.
std::vector<std::string> table_parts(const std::string& data, Split split);

}  // namespace gulo
