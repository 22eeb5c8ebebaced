// In which order an epoch visits items: a new random one every time.
//
// Of a corpus that lies in a file, all items at random would be a seek for each. There the file is cut into ranges of
// some 100 KB, some hundreds of ranges drawn at random make a shard, which fits in memory, and the items of a shard are
// visited in random order: a shard's labels are those of all items but for chance, however the file is sorted. While
// one shard is visited the next is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/state_stream.h"
#include "data/corpus.h"

namespace gulo {

class ItemOrder {
 public:
  // The corpus must outlive it. `items` is not empty.
  ItemOrder(const Corpus& corpus, std::vector<uint32_t> items);

  // Draws a new epoch's order and begins with it; to be called first of all.
  void shuffle(Rng& rng);
  size_t size() const { return items_.size(); }
  uint32_t item() const { return items_[position_]; }
  // Goes on to the next item; false where that was the epoch's last, and shuffle() must follow.
  bool advance();
  // Of an order of the same items in a corpus that lies where this one does. Throws Error (kData).
  void exchange(StateStream& stream);

 private:
  // Items that lie one after the other in the file, as places in by_place_.
  struct Range {
    size_t begin, end;
  };
  struct Shard {
    size_t begin_item, end_item;    // in items_
    size_t begin_range, end_range;  // in ranges_
  };

  void cut_ranges();
  void draw_shards(Rng& rng);
  void fill_shard(Shard& shard, Rng& rng);
  void read_ahead();

  const Corpus& corpus_;
  std::vector<uint32_t> items_;
  size_t position_ = 0;
  // Of a corpus in a file:
  std::vector<uint32_t> by_place_;
  std::vector<Range> ranges_;
  std::vector<Shard> shards_;
  size_t shard_ = 0, n_expected_ = 0;  // the shard that is visited, ranges that were asked for
};

// As many of the items as can be looked at without reading the whole of a file: all of them, or a random shard.
std::vector<uint32_t> first_shard(const Corpus& corpus, const std::vector<uint32_t>& items);

}  // namespace gulo
