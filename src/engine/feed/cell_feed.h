// Training batches of rows of cells.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/cell_batch.h"
#include "engine/feed/epoch_batches.h"

namespace gulo {

// No row is twice in a batch, so that one can be compared with the others.
class CellFeed : public Feed {
 public:
  // The corpus must outlive the feed. `items` is not empty.
  CellFeed(const Corpus& corpus, std::vector<uint32_t> items, CellLayout layout, int64_t batch_rows, uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return batches_.epochs(); }

 private:
  const Corpus& corpus_;
  EpochBatches batches_;
  CellLayout layout_;
};

}  // namespace gulo
