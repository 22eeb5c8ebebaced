// ngram_bag: one sparse linear layer over every n-gram of every byte of an item.
//
// An item's features are the DISTINCT hashed n-grams of its bytes (all orders in `orders`, all byte pairs at the
// distances in `pair_gaps`, and for its first head_bytes bytes also position + 1, 2 and 4 bytes), each a row of a table
// [2^log2_rows, width]. logits = sum of the rows / sqrt(n_distinct + 1) + bias. It is an n-gram one-hot convolution
// with a presence pooling; nothing is selected or dropped before it. After Weinberger et al. 2009 (feature hashing) and
// Joulin et al. 2016 (fastText).
//
// Shapes   x: uint8 [n_bytes], readable (never used) for 16 bytes past its end; ids: uint32 [n_ids] in [0,
// 2^log2_rows);
//          table: float [2^log2_rows, width]; width is 1, 2, 4, 8 or a multiple of 16 (ngram_bag_width).
// Cost     extract: about 5 integer operations a byte and order in vectors, then one test-and-set in a bitmap of
//          2^log2_rows bits (128 KiB at 20: L2). forward reads, update reads and writes n_ids rows of width * 4 bytes
//          in random order: bound by memory latency, so rows are prefetched kPrefetch ahead and the table lies in huge
//          pages.
// Threads  the functions touch only what they are given: extract and forward run over items; update over parts of the
// ids
//          (ngram_bag_partition), so that no two threads share a row and the bits do not depend on the number of
//          threads.
// Error    ids are exact. forward agrees with the reference (double) to 1e-5 of the sum of magnitudes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/host_device.h"

namespace gulo {

struct NgramBagShape {
  int log2_rows = 20;         // 8..26
  uint32_t orders = 0x0f;     // bit n-1: n-grams of n bytes, n in 1..8
  uint32_t pair_gaps = 0x1c;  // bit g: pairs of the bytes i and i+g, g in 2..15
  int head_bytes = 64;        // 0: no positions

  GULO_HOST_DEVICE size_t n_rows() const { return size_t{1} << log2_rows; }
  GULO_HOST_DEVICE size_t bitmap_words() const { return (n_rows() + 63) / 64; }
  // No more ids than this come from n_bytes bytes.
  size_t max_ids(size_t n_bytes) const;
};

// The smallest width that the kernels take for so many labels.
int ngram_bag_width(int n_labels);

// Writes the distinct ids to `ids` (room for max_ids(n_bytes)) and returns how many. `head`: x starts the item, so its
// first bytes have positions. `seen` is a bitmap [bitmap_words] of zeros and is left so.
size_t ngram_bag_extract_reference(const NgramBagShape& shape, const uint8_t* x, size_t n_bytes, bool head,
                                   uint64_t* seen, uint32_t* ids);
size_t ngram_bag_extract_cpu(const NgramBagShape& shape, const uint8_t* x, size_t n_bytes, bool head, uint64_t* seen,
                             uint32_t* ids);

// Stable counting sort of ids by their top 4 bits into `sorted`: part p is [begin[p], begin[p + 1]).
inline constexpr int kNgramBagParts = 16;
void ngram_bag_partition(const NgramBagShape& shape, const uint32_t* ids, size_t n_ids, uint32_t* sorted,
                         uint32_t begin[kNgramBagParts + 1]);

// out[width] = sum over ids of table[id].
void ngram_bag_forward_reference(const double* table, int width, const uint32_t* ids, size_t n_ids, double* out);
void ngram_bag_forward_cpu(const float* table, int width, const uint32_t* ids, size_t n_ids, float* out);

// table[id] -= step[width] * (row_rate ? row_rate[id] : 1) for every id: a step of SGD, as d logits / d row is the same
// for all rows of an item.
void ngram_bag_update_reference(double* table, int width, const uint32_t* ids, size_t n_ids, const double* step,
                                const float* row_rate);
void ngram_bag_update_cpu(float* table, int width, const uint32_t* ids, size_t n_ids, const float* step,
                          const float* row_rate);

// The trained table as the model file holds it: only rows that were kept, 8 bits a weight.
struct Int8Table {
  const uint64_t* present = nullptr;  // bitmap [2^log2_rows]: row was kept
  const uint32_t* rank = nullptr;     // [2^log2_rows / 64]: rows kept before this word
  const int8_t* weight = nullptr;     // [n_rows_kept, n_labels]
  const float* scale = nullptr;       // [n_rows_kept]
  size_t n_rows_kept = 0;
  int n_labels = 0;
};
// out[n_labels] = sum over the ids that are present of scale * weight.
void ngram_bag_forward_int8_reference(const Int8Table& table, const uint32_t* ids, size_t n_ids, double* out);
void ngram_bag_forward_int8_cpu(const Int8Table& table, const uint32_t* ids, size_t n_ids, float* out);

// The CUDA versions take many items at once; all pointers are to the device's memory, `stream` is a cudaStream_t, and
// no call waits for the device. In a build without CUDA they throw Error (kDevice). The kernels are in
// ngram_bag_blocks.h.
struct NgramBagItems {
  const uint8_t* x = nullptr;
  const uint64_t* begins = nullptr;  // [n_items + 1]: item i is x[begins[i] .. begins[i + 1])
  size_t n_items = 0, longest_bytes = 0;
};
struct NgramBagIds {
  uint32_t* ids = nullptr;  // [n_items, stride]
  size_t stride = 0;
  uint32_t* counts = nullptr;  // [n_items]
  size_t n_items = 0;
};
// seen: [n_items, bitmap_words] of zeros, and left so. Writes each item's distinct ids in ascending order, and how
// many; the stride is at least max_ids(longest_bytes).
void ngram_bag_extract_cuda(const NgramBagShape& shape, const NgramBagItems& items, bool head, uint64_t* seen,
                            const NgramBagIds& ids, void* stream);
// out: [n_items, width]. The same bits every time.
void ngram_bag_forward_cuda(const float* table, int width, const NgramBagIds& ids, float* out, void* stream);
// steps: [n_items, width]. Items that share a row subtract in any order: the last bits may differ from run to run.
void ngram_bag_update_cuda(float* table, int width, const NgramBagIds& ids, const float* steps, const float* row_rate,
                           void* stream);

// Zeroed floats in huge pages where the system has them: a random row otherwise costs a page walk too.
struct HugePageDeleter {
  size_t n_bytes = 0;
  void operator()(float* pointer) const;
};
using HugePageFloats = std::unique_ptr<float[], HugePageDeleter>;
// Throws Error (kDevice) when memory is short.
HugePageFloats allocate_huge_floats(size_t n);

namespace ngram_hash {  // part of the model format: change none of it without a new format version
inline constexpr uint32_t kSeed = 0x811C9DC5u, kMultiplier = 0x9E3779B1u, kFinal = 0x85EBCA77u, kSalt = 0xC2B2AE3Du;
inline constexpr uint32_t kPairSalt = 64, kHeadSalt = 128, kLengthSalt = 1u << 20;
GULO_HOST_DEVICE inline uint32_t extend(uint32_t hash, uint8_t byte) { return (hash ^ byte) * kMultiplier; }
GULO_HOST_DEVICE inline uint32_t row(uint32_t hash, uint32_t salt, int log2_rows) {
  hash ^= salt * kSalt;
  hash ^= hash >> 15;
  hash *= kFinal;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash >> (32 - log2_rows);
}
}  // namespace ngram_hash

}  // namespace gulo
