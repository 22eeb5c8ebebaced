// One training step's entries, and where they come from.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/state_stream.h"

namespace gulo {

// What `values` holds is between a kind's feed and its network.
struct Batch {
  std::vector<at::Tensor> values;
  std::vector<int32_t> begins, ends;  // rows of each entry, where entries are packed one behind the other
  std::vector<uint32_t> owners;       // item number of each entry
  int64_t n_item_bytes = 0;           // raw bytes that are looked at, without padding
  int64_t n_item_rows = 0;            // rows of them that are not blank, where entries are packed
  std::vector<Batch> fields;          // of items of several fields: of each field those entries that have it
  // Of a part of a batch (DeepNetwork::part): its first entry and the number of all of them in the whole; else 0.
  int64_t first_entry = 0, n_whole_entries = 0;
};

// An endless stream of batches: every epoch each item once, in a new random order. Deterministic in what it was made
// from and the number of calls before.
class Feed {
 public:
  virtual ~Feed() = default;
  virtual Batch next() = 0;
  virtual double epochs() const = 0;
  // These items instead, drawn as next() draws: entry i is of items[i], one window of it where it is long. `items` is
  // not empty; no item is there twice.
  virtual Batch make(std::span<const uint32_t> items) = 0;
  // What the next batches depend on beside what the feed was made from; of a feed that was made from the same. Throws
  // Error (kData).
  virtual void exchange(StateStream& stream) = 0;
};

}  // namespace gulo
