// Training batches of signals.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"
#include "data/item_order.h"
#include "engine/feed/packed_samples.h"

namespace gulo {

struct SampleFeedOptions {
  size_t window_samples = 65536;
  bool shift = true;         // start each window at a random place within a coarse row
  double stretch = 0;        // windows become up to this fraction longer or shorter, at random
  double crop_fraction = 1;  // windows are cut to a random length, at least this fraction of their own
};

class SampleFeed : public Feed {
 public:
  // The corpus must outlive the feed. `items` is not empty; the shape has room for a stretched window
  // (longest_window_rows).
  SampleFeed(const Corpus& corpus, std::vector<uint32_t> items, const SampleBatchShape& shape,
             const SampleFeedOptions& options, uint64_t seed);
  Batch next() override;
  Batch make(std::span<const uint32_t> items) override;
  void exchange(StateStream& stream) override;
  double epochs() const override { return static_cast<double>(n_served_) / static_cast<double>(order_.size()); }

 private:
  // Values of a window and what is said of it; the window's own values are not set.
  struct Drawn {
    std::vector<float> values;
    SampleWindow window;
  };
  Drawn draw(uint32_t item);
  static bool add(SamplePacker& packer, Drawn drawn);

  const Corpus& corpus_;
  ItemOrder order_;
  SampleBatchShape shape_;
  SampleFeedOptions options_;
  Rng rng_;
  SamplePacker packer_;
  uint64_t n_served_ = 0;
};

// The coarse rows that a batch must have at least.
int64_t longest_window_rows(const SampleFeedOptions& options, int coarse_row_samples);

// values: [n, channels] -> [about n / step, channels], read at every step-th time by linear interpolation.
std::vector<float> stretched(const std::vector<float>& values, size_t channels, double step);

}  // namespace gulo
