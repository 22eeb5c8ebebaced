// Trains the wide part of kind cells: extremely randomised trees (Geurts, Ernst and Wehenkel 2006), each grown on all
// rows by the best of a few cuts at random places of columns that are drawn at random. Seconds; and where a network
// errs, trees often don't.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/corpus.h"
#include "data/split.h"
#include "model/forest_spec.h"

namespace gulo {

struct ForestOptions {
  double seconds = 0;  // 0: as long as it takes; else fewer trees where these would take longer
  uint64_t seed = 0;
  int n_threads = 1;
  bool refit = true;  // `tensors` are grown anew on training and validation rows together
  // Parts of the rows that are left out in turn to find out how trees are best grown, the first of them the validation
  // rows, as many as the seconds allow.
  size_t most_splits = 1;
  size_t max_trees = 300;
  size_t max_bytes = 20'000'000;       // of `tensors`, at least one tree's
  size_t max_cells = size_t{1} << 26;  // that are kept in memory, four bytes each; of more, rows at random
};

// What is found out by small forests.
struct ForestGrowth {
  size_t least_rows;  // in a leaf
  size_t n_cuts;      // that a node's is the best of, one of each of so many columns
};

struct ForestResult {
  ForestSpec spec;
  ForestTensors tensors;
  ForestGrowth growth;
  std::vector<float> valid_logits;  // [n_valid, n_labels], by trees that were grown without these rows
  double valid_error = 0, seconds = 0;
  bool refitted = false;
};

// Nothing where the rows have not one of at least two labels each, or no column that a tree could use (numbers, or
// values that repeat). When interrupted() it has the trees that are there. The bits depend on (corpus, parts, options);
// on the clock only where `seconds` calls for fewer trees. Throws Error (kUsage) where the corpus is of another kind
// than cells.
std::optional<ForestResult> train_forest(const Corpus& corpus, const TrainValid& parts, const ForestOptions& options);

}  // namespace gulo
