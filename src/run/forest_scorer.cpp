#include "run/forest_scorer.h"

#include "data/cells.h"

namespace gulo {

std::vector<ForestCell> forest_cells(const ItemView& item, size_t n_columns) {
  const CellsView row(item.bytes, n_columns);
  std::vector<ForestCell> cells(n_columns);
  for (size_t i = 0; i < n_columns; ++i) cells[i] = {row.number(i), forest_hash(row.text(i))};
  return cells;
}

ForestScorer::ForestScorer(const ForestSpec& spec, size_t n_labels, const TensorMap& tensors)
    : n_columns_(static_cast<size_t>(spec.n_columns)), forest_(forest_view(tensors, n_labels)) {}

std::vector<float> ForestScorer::logits(const ItemView& item) const {
  std::vector<float> logits(forest_.n_labels);
  forest_logits(forest_, forest_cells(item, n_columns_), logits.data());
  return logits;
}

}  // namespace gulo
