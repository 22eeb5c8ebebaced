// For tests: a table that is made, and that can be learned.
#pragma once

#include <string>

#include "base/rng.h"
#include "engine/feed/table_rows.h"

namespace gulo {

// The label is whether a number lies within a band and a word is one of two; a tenth of the numbers are missing, some
// huge; one column is always the same, one a text of its own in every row.
inline Corpus small_table(size_t n_rows) {
  Corpus corpus;
  corpus.kind = Kind::kCells;
  corpus.labels = {"no", "yes"};
  Rng rng(1);
  const std::string words[] = {"red", "green", "blue", "black"};
  for (size_t i = 0; i < n_rows; ++i) {
    const double x = rng.uniform() * 1e6;
    const size_t word = rng.below(4);
    const bool is_inside = x > 3e5 && x < 7e5;
    const std::string noise = rng.below(10) == 0 ? "?" : rng.below(50) == 0 ? "1e35" : std::to_string(rng.uniform());
    add_row(corpus, {std::to_string(x), words[word], noise, "same", "text " + std::to_string(rng())},
            is_inside == (word < 2) ? 1 : 0);
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

}  // namespace gulo
