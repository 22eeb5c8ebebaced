// For tests: what a corpus holds, as values to compare.
#pragma once

#include <string>
#include <vector>

#include "data/cells.h"
#include "data/corpus.h"
#include "data/reader/reader.h"

namespace gulo {

inline std::vector<std::string> cells_of(const Corpus& corpus, size_t i) {
  const CellsView view(corpus.item(i), corpus.shapes[i].extents[0]);
  std::vector<std::string> texts;
  for (size_t c = 0; c < view.size(); ++c) texts.emplace_back(view.text(c));
  return texts;
}

inline std::vector<float> series_of(const Corpus& corpus, size_t i) {
  std::vector<float> values(corpus.shapes[i].n_values());
  values_as_float(corpus.view(i), values);
  return values;
}

inline std::string text_of(const Corpus& corpus, size_t i) {
  return {reinterpret_cast<const char*>(corpus.item(i).data()), corpus.item(i).size()};
}

}  // namespace gulo
