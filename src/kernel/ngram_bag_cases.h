// The cases that every version of ngram_bag is tested with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "kernel/ngram_bag.h"

namespace gulo::ngram_bag_cases {

struct Case {
  size_t n_bytes;
  int n_values;  // bytes are drawn from so many values
  NgramBagShape shape;
  bool head;
  int n_labels;
};

inline std::vector<Case> cases() {
  std::vector<Case> all;
  const NgramBagShape standard, long_orders{20, 0xff, 0, 0}, one_order{10, 0x80, 0, 0},
      many_pairs{16, 0x01, 0xfffc, 300};
  for (const auto& shape : {standard, long_orders, one_order, many_pairs})
    for (const size_t n_bytes : {0, 1, 2, 3, 7, 8, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1000, 5000})
      all.push_back({n_bytes, n_bytes % 2 ? 256 : 7, shape, n_bytes % 3 != 0, static_cast<int>(n_bytes % 70) + 1});
  return all;
}

inline std::vector<uint8_t> some_bytes(const Case& c) {
  Rng rng(c.n_bytes + 1);
  std::vector<uint8_t> x(c.n_bytes);
  for (auto& byte : x) byte = static_cast<uint8_t>(rng.below(static_cast<uint64_t>(c.n_values)));
  x.resize(c.n_bytes + 16, 0xAB);
  return x;
}

}  // namespace gulo::ngram_bag_cases
