// Training batches of rows of cells.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"
#include "data/item_order.h"
#include "engine/feed/cell_batch.h"

namespace gulo {

// No row is twice in a batch, so that one can be compared with the others: an epoch is cut into batches of about
// batch_rows rows, of sizes that differ by one at most.
class CellFeed : public Feed {
 public:
  // The corpus must outlive the feed. `items` is not empty.
  CellFeed(const Corpus& corpus, std::vector<uint32_t> items, CellLayout layout, int64_t batch_rows, uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return static_cast<double>(n_served_) / static_cast<double>(order_.size()); }

 private:
  const Corpus& corpus_;
  ItemOrder order_;
  CellLayout layout_;
  Rng rng_;
  size_t n_batches_, batch_ = 0;  // of an epoch
  uint64_t n_served_ = 0;
};

}  // namespace gulo
