// Plain loops in double: what the fast versions are measured against.
#include <algorithm>
#include <bit>
#include <cmath>

#include "kernel/ngram_bag.h"

namespace gulo {

size_t ngram_bag_extract_reference(const NgramBagShape& shape, const uint8_t* x, size_t n_bytes, bool head,
                                   uint64_t* seen, uint32_t* ids) {
  using namespace ngram_hash;
  size_t n = 0;
  const auto add = [&](uint32_t hash, uint32_t salt) {
    const uint32_t id = row(hash, salt, shape.log2_rows);
    if (seen[id / 64] >> (id % 64) & 1) return;
    seen[id / 64] |= uint64_t{1} << (id % 64);
    ids[n++] = id;
  };
  for (size_t i = 0; i < n_bytes; ++i) {
    uint32_t hash = kSeed;
    for (uint32_t order = 1; order <= 8 && i + order <= n_bytes; ++order) {
      hash = extend(hash, x[i + order - 1]);
      if (shape.orders >> (order - 1) & 1) add(hash, order);
      const bool positioned =
          head && i < static_cast<size_t>(shape.head_bytes) && (order == 1 || order == 2 || order == 4);
      if (positioned) add(hash, kHeadSalt + static_cast<uint32_t>(i) * 8 + order);
    }
    for (uint32_t gap = 2; gap < 16 && i + gap < n_bytes; ++gap)
      if (shape.pair_gaps >> gap & 1) add(extend(extend(kSeed, x[i]), x[i + gap]), kPairSalt + gap);
  }
  if (head && shape.head_bytes > 0) add(kSeed, kLengthSalt + static_cast<uint32_t>(std::bit_width(n_bytes)));
  for (size_t i = 0; i < n; ++i) seen[ids[i] / 64] = 0;
  return n;
}

void ngram_bag_forward_reference(const double* table, int width, const uint32_t* ids, size_t n_ids, double* out) {
  std::fill_n(out, width, 0.0);
  for (size_t i = 0; i < n_ids; ++i)
    for (int c = 0; c < width; ++c) out[c] += table[static_cast<size_t>(ids[i]) * width + c];
}

void ngram_bag_update_reference(double* table, int width, const uint32_t* ids, size_t n_ids, const double* step,
                                const float* row_rate) {
  for (size_t i = 0; i < n_ids; ++i)
    for (int c = 0; c < width; ++c)
      table[static_cast<size_t>(ids[i]) * width + c] -= step[c] * (row_rate ? row_rate[ids[i]] : 1);
}

void ngram_bag_forward_int8_reference(const Int8Table& table, const uint32_t* ids, size_t n_ids, double* out) {
  std::fill_n(out, table.n_labels, 0.0);
  for (size_t i = 0; i < n_ids; ++i) {
    const uint64_t word = table.present[ids[i] / 64], bit = uint64_t{1} << (ids[i] % 64);
    if (!(word & bit)) continue;
    const size_t r = table.rank[ids[i] / 64] + static_cast<size_t>(std::popcount(word & (bit - 1)));
    for (int c = 0; c < table.n_labels; ++c)
      out[c] += static_cast<double>(table.scale[r]) * table.weight[r * static_cast<size_t>(table.n_labels) + c];
  }
}

}  // namespace gulo
