// Items dealt out to shards that fit on a device, anew and at random for every epoch: all items are in one shard each.
//
// Of a corpus in memory items are dealt one by one; of one in a file, runs of neighbours, some 100 KB long, as
// data/item_order.h reads them, and a shard names its items in the order in which they lie.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"

namespace gulo {

class ShardDeal {
 public:
  // What an item takes on the device beside its bytes: its row of the shard's table (kernel/slot_bytes.h).
  static constexpr uint64_t kRowBytes = 16;

  // The corpus must outlive it. `items` is not empty. Throws Error (kDevice) where an item alone is more than
  // shard_bytes.
  ShardDeal(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t shard_bytes);

  // Shards as places in `items`, none empty; each takes shard_bytes at most, all about as many.
  std::vector<std::vector<uint32_t>> deal(Rng& rng) const;
  bool is_one_shard() const { return n_shards_ == 1; }

 private:
  // Neighbours, as places in by_place_.
  struct Piece {
    size_t begin = 0, end = 0;
    uint64_t cost = 0;  // bytes on the device
  };

  void cut_pieces(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t most_bytes);
  // Empty where one shard would be too large.
  std::vector<std::vector<size_t>> dealt(const std::vector<size_t>& order, size_t n_shards) const;

  uint64_t shard_bytes_;
  std::vector<uint32_t> by_place_;  // places in `items`, in the order in which they lie in the arena
  std::vector<Piece> pieces_;
  size_t n_shards_ = 1;
};

}  // namespace gulo
