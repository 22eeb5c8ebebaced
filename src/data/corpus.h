// All items' values in one contiguous arena, with offsets and labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/source.h"

namespace gulo {

struct Corpus {
  std::vector<uint8_t> arena;             // the items' bytes, one after the other, then kArenaPadding zero bytes
  std::vector<uint64_t> offsets{0};       // [n_items + 1]: item i is arena[offsets[i] .. offsets[i+1])
  std::vector<int> item_labels;           // [n_items], index into `labels`
  std::vector<std::string> names;         // [n_items]
  std::vector<uint64_t> content_hashes;   // [n_items], XXH3-64 of the bytes
  std::vector<std::string> labels;
  uint64_t n_bad = 0;                     // unreadable items, left out

  static constexpr size_t kArenaPadding = 64;  // kernels may read, never use, this much past an item's end

  size_t n_items() const { return item_labels.size(); }
  std::span<const uint8_t> item(size_t i) const {
    return {arena.data() + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])};
  }
  uint64_t n_bytes() const { return offsets.back(); }
};

struct CorpusOptions {
  double max_bad_fraction = 0.01;       // more unreadable items than this is an error (--max-bad)
  uint64_t memory_bytes = 0;            // 0: half of the machine's free memory; a larger corpus is an error that says so
  int n_threads = 1;
};

// Reads every item of the listing, in parallel, with progress. An unreadable or vanished item is counted and warned of. An
// item that grew or shrank since it was listed is taken as it is read. Throws Error (kData) where too many are bad.
Corpus read_corpus(const Listing& listing, const CorpusOptions& options);

// One file's or standard input's ("-") bytes, with kArenaPadding zero bytes behind them (not counted in the return's size
// field). Throws Error (kData).
struct PaddedBytes {
  std::vector<uint8_t> storage;
  size_t size_bytes = 0;
  std::span<const uint8_t> bytes() const { return {storage.data(), size_bytes}; }
};
PaddedBytes read_item(const std::string& path);

}  // namespace gulo
