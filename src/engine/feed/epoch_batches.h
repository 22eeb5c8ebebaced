// The items of training batches in which no item is twice: an epoch is cut into batches of sizes that differ by one at
// most.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "base/state_stream.h"
#include "data/corpus.h"
#include "data/item_order.h"

namespace gulo {

class EpochBatches {
 public:
  // Of about batch_items >= 1 each. The corpus must outlive them; `items` is not empty.
  EpochBatches(const Corpus& corpus, std::vector<uint32_t> items, size_t batch_items, uint64_t seed);

  std::vector<uint32_t> next();
  void exchange(StateStream& stream);
  // How often every item has been given, in the mean.
  double epochs() const { return static_cast<double>(n_served_) / static_cast<double>(order_.size()); }

 private:
  ItemOrder order_;
  Rng rng_;
  size_t n_batches_, batch_ = 0;  // of an epoch
  uint64_t n_served_ = 0;
};

}  // namespace gulo
