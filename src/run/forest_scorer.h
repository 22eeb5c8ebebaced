// The forest of a model file at work: rows of a table in, logits out.
#pragma once

#include <vector>

#include "data/reader/reader.h"
#include "model/forest_spec.h"

namespace gulo {

// Of a row of kind cells, [n_columns]. Throws Error (kData) where it is of another width.
std::vector<ForestCell> forest_cells(const ItemView& item, size_t n_columns);

class ForestScorer {
 public:
  // `tensors` are of a model that load_model has checked, and must outlive the scorer.
  ForestScorer(const ForestSpec& spec, size_t n_labels, const TensorMap& tensors);

  // Uncalibrated logits [n_labels] of one item of kind cells. Thread-safe.
  std::vector<float> logits(const ItemView& item) const;

 private:
  size_t n_columns_;
  ForestView forest_;
};

}  // namespace gulo
