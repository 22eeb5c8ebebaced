// For tests: rows of a table as a corpus.
#pragma once

#include <string>
#include <vector>

#include "data/cells.h"
#include "data/corpus.h"

namespace gulo {

inline void add_row(Corpus& corpus, const std::vector<std::string>& cells, int label) {
  const std::vector<uint8_t> packed = pack_cells(cells);
  corpus.arena.append(packed);
  corpus.offsets.push_back(corpus.arena.size());
  corpus.shapes.push_back({ValueType::kUint8, {static_cast<uint32_t>(cells.size()), 1, 1}});
  corpus.item_labels.push_back(label);
}

// Without names of labels.
inline Corpus table_corpus(const std::vector<std::vector<std::string>>& rows) {
  Corpus corpus;
  corpus.kind = Kind::kCells;
  for (const auto& row : rows) add_row(corpus, row, 0);
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

}  // namespace gulo
