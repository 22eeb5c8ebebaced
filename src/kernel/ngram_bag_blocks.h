// ngram_bag on a device, block by block; ngram_bag_blocks_test.cpp runs the same blocks on the host.
//
// extract  One thread a position sets the bits of its ids; then one block an item reads the bitmap from front to back
// and
//          writes the ids of the bits it finds: ascending, whichever thread was first, so that sums have the same bits
//          every time and neighbouring ids share cache lines. Bytes moved, 4 KiB item, 2^20 rows: 28,000 atomic ors
//          into 128 KiB, which stay in L2, and that bitmap read and written once more.
// forward  One block an item; a thread adds up one column over every n-th id, then the threads of a column are added in
//          order. Bytes moved: the rows, once. Roofline: L2 for tables up to some tens of MB, else the memory's random
//          rows of width * 4 bytes.
// update   The same rows, by reductions at L2 without an answer; roofline as forward, twice.
#pragma once

#include "kernel/host_device.h"
#include "kernel/ngram_bag.h"

namespace gulo {

// The bit width of n: 0 for 0.
GULO_HOST_DEVICE inline uint32_t bit_width_of(uint64_t n) {
  uint32_t width = 0;
  for (; n != 0; n >>= 1) ++width;
  return width;
}

GULO_HOST_DEVICE inline void mark_id(const NgramBagShape& shape, uint32_t hash, uint32_t salt, uint64_t* seen) {
  const uint32_t id = ngram_hash::row(hash, salt, shape.log2_rows);
  atomic_or(seen + id / 64, uint64_t{1} << (id % 64));
}

// Every id of the n-grams and pairs that begin at position i.
GULO_HOST_DEVICE inline void mark_position(const NgramBagShape& shape, const uint8_t* x, uint64_t n_bytes, uint64_t i,
                                           bool head, uint64_t* seen) {
  using namespace ngram_hash;
  const bool positioned = head && i < static_cast<uint64_t>(shape.head_bytes);
  uint32_t hash = kSeed;
  for (uint32_t order = 1; order <= 8 && i + order <= n_bytes; ++order) {
    hash = extend(hash, x[i + order - 1]);
    if (shape.orders >> (order - 1) & 1) mark_id(shape, hash, order, seen);
    if (positioned && (order == 1 || order == 2 || order == 4))
      mark_id(shape, hash, kHeadSalt + static_cast<uint32_t>(i) * 8 + order, seen);
  }
  for (uint32_t gap = 2; gap < 16 && i + gap < n_bytes; ++gap)
    if (shape.pair_gaps >> gap & 1) mark_id(shape, extend(extend(kSeed, x[i]), x[i + gap]), kPairSalt + gap, seen);
}

struct NgramBagMark {
  NgramBagShape shape;
  NgramBagItems items;
  bool head = false;
  uint64_t* seen = nullptr;

  static constexpr uint32_t kThreads = 256;
  size_t blocks_per_item() const { return items.longest_bytes / kThreads + 1; }
  Grid grid() const { return {static_cast<uint32_t>(items.n_items * blocks_per_item()), kThreads, 0}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const size_t n_blocks = items.longest_bytes / kThreads + 1, item = block.index / n_blocks;
    const uint64_t begin = items.begins[item], n_bytes = items.begins[item + 1] - begin;
    uint64_t* bits = seen + item * shape.bitmap_words();
    block.each_thread([&](uint32_t thread) {
      const uint64_t i = block.index % n_blocks * kThreads + thread;
      if (i < n_bytes) mark_position(shape, items.x + begin, n_bytes, i, head, bits);
      if (i == 0 && head && shape.head_bytes > 0)
        mark_id(shape, ngram_hash::kSeed, ngram_hash::kLengthSalt + bit_width_of(n_bytes), bits);
    });
  }
};

struct NgramBagCompact {
  size_t words = 0;  // of an item's bitmap
  uint64_t* seen = nullptr;
  NgramBagIds ids;

  static constexpr uint32_t kThreads = 256;
  Grid grid() const { return {static_cast<uint32_t>(ids.n_items), kThreads, 2 * kThreads + 1}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    uint64_t* bits = seen + block.index * words;
    uint32_t* out = ids.ids + block.index * ids.stride;
    // Numbers of bits before each thread's words, in two buffers that take turns; last, the ids written so far.
    uint32_t* counts = reinterpret_cast<uint32_t*>(block.shared);
    uint32_t* n_written = counts + 2 * kThreads;
    block.each_thread([&](uint32_t thread) {
      if (thread == 0) *n_written = 0;
    });
    for (size_t tile = 0; tile < words; tile += kThreads) {
      block.each_thread(
          [&](uint32_t thread) { counts[thread] = tile + thread < words ? count_bits(bits[tile + thread]) : 0; });
      uint32_t *from = counts, *to = counts + kThreads;
      for (uint32_t step = 1; step < kThreads; step *= 2) {
        block.each_thread(
            [&](uint32_t thread) { to[thread] = from[thread] + (thread >= step ? from[thread - step] : 0); });
        uint32_t* const summed = to;
        to = from;
        from = summed;
      }
      block.each_thread([&](uint32_t thread) {
        const size_t word = tile + thread;
        if (word >= words) return;
        uint32_t at = *n_written + (thread > 0 ? from[thread - 1] : 0);
        for (uint64_t left = bits[word]; left != 0; left &= left - 1)
          out[at++] = static_cast<uint32_t>(word * 64) + count_bits((left & (~left + 1)) - 1);
        bits[word] = 0;
      });
      block.each_thread([&](uint32_t thread) {
        if (thread == 0) *n_written += from[kThreads - 1];
      });
    }
    block.each_thread([&](uint32_t thread) {
      if (thread == 0) ids.counts[block.index] = *n_written;
    });
  }
};

struct NgramBagForward {
  const float* table = nullptr;
  int width = 0;
  NgramBagIds ids;
  float* out = nullptr;

  static constexpr uint32_t kThreads = 256;
  Grid grid() const { return {static_cast<uint32_t>(ids.n_items), kThreads, kThreads}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const uint32_t all = static_cast<uint32_t>(width), columns = all < kThreads ? all : kThreads;
    const uint32_t lanes = kThreads / columns, n_ids = ids.counts[block.index];
    const uint32_t* id = ids.ids + block.index * ids.stride;
    for (uint32_t first = 0; first < all; first += columns) {
      block.each_thread([&](uint32_t thread) {
        const uint32_t column = first + thread % columns, lane = thread / columns;
        float sum = 0;
        if (lane < lanes && column < all)
          for (uint32_t i = lane; i < n_ids; i += lanes) sum += table[size_t{id[i]} * all + column];
        block.shared[thread] = sum;
      });
      block.each_thread([&](uint32_t thread) {
        if (thread >= columns || first + thread >= all) return;
        float sum = 0;
        for (uint32_t lane = 0; lane < lanes; ++lane) sum += block.shared[lane * columns + thread];
        out[size_t{block.index} * all + first + thread] = sum;
      });
    }
  }
};

struct NgramBagUpdate {
  float* table = nullptr;
  int width = 0;
  NgramBagIds ids;
  const float* steps = nullptr;
  const float* row_rate = nullptr;  // may be null

  static constexpr uint32_t kThreads = 256, kBlocksPerItem = 4;
  Grid grid() const { return {static_cast<uint32_t>(ids.n_items) * kBlocksPerItem, kThreads, 0}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const size_t item = block.index / kBlocksPerItem, all = static_cast<size_t>(width);
    const uint32_t* id = ids.ids + item * ids.stride;
    const float* step = steps + item * all;
    block.each_thread([&](uint32_t thread) {
      const size_t n_elements = ids.counts[item] * all;
      for (size_t i = block.index % kBlocksPerItem * kThreads + thread; i < n_elements;
           i += kBlocksPerItem * kThreads) {
        const uint32_t row = id[i / all];
        atomic_add(table + row * all + i % all, -step[i % all] * (row_rate ? row_rate[row] : 1.f));
      }
    });
  }
};

}  // namespace gulo
