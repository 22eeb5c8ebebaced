// Training batches of bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"
#include "data/item_order.h"
#include "engine/feed/packed_batch.h"

namespace gulo {

struct FeedOptions {
  int window_bytes = 4096;
  bool augment = true;       // start each window at a random place within a coarse row
  double byte_dropout = 0;   // this fraction of the bytes is hidden, as kPad
  double crop_fraction = 1;  // windows are cut to a random length, at least this fraction of their own
};

class TrainFeed : public Feed {
 public:
  // The corpus must outlive the feed. `items` is not empty.
  TrainFeed(const Corpus& corpus, std::vector<uint32_t> items, const BatchShape& shape, const FeedOptions& options,
            uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return static_cast<double>(n_served_) / static_cast<double>(order_.size()); }

 private:
  Window draw_window(uint32_t item);
  void hide_bytes(Batch& batch);

  const Corpus& corpus_;
  ItemOrder order_;
  BatchShape shape_;
  FeedOptions options_;
  Rng rng_;
  BatchPacker packer_;
  uint64_t n_served_ = 0;
};

}  // namespace gulo
