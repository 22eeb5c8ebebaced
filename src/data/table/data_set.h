// DATA of any form and any kind as a corpus of values: the one way in for train and test.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "data/source.h"

namespace gulo {

struct DataOptions {
  Split split = Split::kTrain;
  std::optional<Kind> kind = {};              // --as; none: found out from the contents
  std::string label_column = {};              // --label
  std::string column = {};                    // --column: of a table of rows, the column of text that is the item
  std::vector<FieldColumn> fields = {};       // of a table of fields: those of the training data
  std::vector<FieldColumn> asked_kinds = {};  // --as COLUMN=KIND
  std::vector<std::string> columns = {};      // of a table: those of the training data
  size_t min_labels = 2;                      // fewer labels are an error
  bool labelled = true;                       // false: labels are not needed and not looked at
  std::optional<Task> task = {};              // none: guessed from the labels
  std::vector<std::string> labels = {};       // of several labels an item: a recogniser's, which come first
  double max_bad_fraction = 0.01;
  uint64_t memory_bytes = 0;      // --memory; 0: half of the machine's free memory
  std::string spill_folder = {};  // where a larger corpus lies in a temporary file; empty: it is an error
  int n_threads = 1;
};

struct DataSet {
  Corpus corpus;
  std::string description;  // "pixels: 50,000 JPEG pictures of 32 x 32 x 3"
};

// Files, archives and lists (data/source.h), and files that hold many items (data/table/table_file.h): DATA itself, or
// the part of a folder of them that `split` asks for. Throws Error as those do.
DataSet read_data_set(const std::string& data, const DataOptions& options);

// "pixels: 50,000 JPEG pictures of 32 x 32 x 3, 10 labels, 146 MiB"; `formats` may be empty.
std::string describe(const Corpus& corpus, const std::string& formats);

}  // namespace gulo
