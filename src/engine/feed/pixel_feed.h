// An endless stream of training batches of pictures: every epoch each picture once, in a new random order.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"
#include "data/item_order.h"
#include "engine/feed/batch.h"
#include "engine/feed/pixel_batch.h"

namespace gulo {

struct PixelFeedOptions {
  int channels = 3;
  int window = 64;                 // of what is higher or wider, a random window is taken
  int64_t batch_pixels = 1 << 18;  // a batch is full with these, or
  int batch_items = 256;           // with so many pictures
  int shift = 2;                   // pictures are moved by up to so many pixels, each way
  bool mirror = true;              // a picture is mirrored in every second epoch, half of them in each
};

class PixelFeed : public Feed {
 public:
  // The corpus must outlive the feed. `items` is not empty.
  PixelFeed(const Corpus& corpus, std::vector<uint32_t> items, const PixelFeedOptions& options, uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return static_cast<double>(n_served_) / static_cast<double>(order_.size()); }

 private:
  PixelWindow draw(uint32_t item);
  // Where a window of `seen` pixels of `size` begins.
  int32_t draw_origin(int32_t size, int32_t seen);

  const Corpus& corpus_;
  ItemOrder order_;
  PixelFeedOptions options_;
  Rng rng_;
  uint64_t mirror_seed_;
  uint64_t n_served_ = 0, epoch_ = 0;
};

}  // namespace gulo
