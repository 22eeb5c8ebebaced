// For tests: numbers of items.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "data/corpus.h"

namespace gulo {

inline std::vector<uint32_t> items_between(size_t begin, size_t end) {
  std::vector<uint32_t> items(end - begin);
  std::iota(items.begin(), items.end(), static_cast<uint32_t>(begin));
  return items;
}

inline std::vector<uint32_t> all_items(const Corpus& corpus) { return items_between(0, corpus.n_items()); }

}  // namespace gulo
