// The one split that all contestants get, laid out in a folder that any program can read:
//
//   train/LABEL/NUMBER, test/NUMBER     files of any kind, without names that could give a label away
//   train.csv (label last), test.csv    tables
//   train.ts, test.ts                   series
//
// The labels of the test items are nowhere in the folder: no contestant can look at them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/corpus.h"

namespace gulo {

struct LayoutOptions {
  std::string as = "auto";   // --as
  std::string label_column;  // --label
  std::string column;        // --column
  double max_bad_fraction = 0.01;
  uint64_t seed = 0;  // of the split, where DATA has no test part
  int n_threads = 1;
  std::string spill_folder;  // where items that are more than memory holds lie meanwhile
};

struct LaidOutData {
  std::string train_path, test_path;  // what gulo is given
  std::string label_column;           // --label for train_path; empty: none is needed
  std::string gulo_kind;              // bytes, samples, pixels, cells
  std::string rival_kind;             // text, bytes, pixels, sound, series, cells: the folder of rivals/ that fits
  std::vector<std::string> labels;    // as laid out: the user's, or numbers where one of those is no good file name
  std::vector<int> truth;             // [n_test], index into labels; label the train part lacks: behind the others
  uint64_t n_train = 0;
  bool own_split = false;  // DATA had no test part: a fifth was taken
};

// Reads DATA and writes it into `folder`, which is empty. A DATA with a train and a test part (folders, archives,
// train.csv and test.csv, NAME_TRAIN.ts and NAME_TEST.ts) is taken so; of any other a fifth of each label's items
// becomes the test part, and items of equal content are on one side. A label is all of what stands where the label
// stands. Items that gulo cannot read are left out for all. Throws Error as read_data_set does. Must be called while
// this process has one thread: the reading is done in a copy.
LaidOutData lay_out(const std::string& data, const LayoutOptions& options, const std::string& folder);

// `labels` as folders may be called and cells and .ts files may hold: as they are where all can be, else "0", "1", ...
std::vector<std::string> plain_labels(const std::vector<std::string>& labels);

// Whether nine tenths of the items are text: no zero bytes and next to no control characters.
bool is_text(const Corpus& corpus);

}  // namespace gulo
