#include "engine/feed/train_feed.h"

#include <algorithm>
#include <cmath>

#include "base/round_up.h"
#include "data/window_plan.h"
#include "kernel/byte_stem.h"

namespace gulo {

TrainFeed::TrainFeed(const Corpus& corpus, std::vector<uint32_t> items, const BatchShape& shape,
                     const FeedOptions& options, uint64_t seed)
    : corpus_(corpus), order_(corpus, std::move(items)), shape_(shape), options_(options), rng_(seed), packer_(shape) {
  order_.shuffle(rng_);
}

Window TrainFeed::draw_window(uint32_t item) {
  const std::span<const uint8_t> bytes = corpus_.item(item);
  WindowRange range = random_window(bytes.size(), options_.window_bytes, rng_);
  if (options_.crop_fraction < 1) {
    const auto shortest = static_cast<size_t>(std::ceil(options_.crop_fraction * static_cast<double>(range.size)));
    const size_t size = shortest + rng_.below(range.size - shortest + 1);
    range.begin += rng_.below(range.size - size + 1);
    range.size = size;
  }
  const auto lead = static_cast<uint32_t>(options_.augment ? rng_.below(shape_.coarse_row_bytes) : 0);
  return {bytes.subspan(range.begin, range.size), item, lead};
}

// A window that does not fit is drawn anew for the next batch: it costs nothing and needs no memory of it.
Batch TrainFeed::next() {
  while (packer_.add(draw_window(order_.item()))) {
    ++n_served_;
    if (!order_.advance()) order_.shuffle(rng_);
  }
  Batch batch = packer_.take();
  if (options_.byte_dropout > 0) hide_bytes(batch);
  return batch;
}

Batch TrainFeed::make(std::span<const uint32_t> items) {
  std::vector<Window> windows;
  BatchShape shape{0, shape_.coarse_row_bytes};
  for (const uint32_t item : items) {
    windows.push_back(draw_window(item));
    shape.n_coarse_rows += rows_for_window(static_cast<int64_t>(windows.back().bytes.size()), shape.coarse_row_bytes);
  }
  shape.n_coarse_rows = round_up_to_16(shape.n_coarse_rows);
  BatchPacker packer(shape);
  for (const Window& window : windows) packer.add(window);
  Batch batch = packer.take();
  if (options_.byte_dropout > 0) hide_bytes(batch);
  return batch;
}

void TrainFeed::exchange(StateStream& stream) {
  order_.exchange(stream);
  rng_.exchange(stream);
  stream.number(n_served_);
}

// Gaps between hidden bytes are geometric: one random number a hidden byte instead of one a byte.
void TrainFeed::hide_bytes(Batch& batch) {
  int16_t* bytes = batch.values[0].mutable_data_ptr<int16_t>();
  const int64_t n = batch.values[0].numel();
  const double log_kept = std::log1p(-options_.byte_dropout);
  for (int64_t i = -1;;) {
    const double gap = std::floor(std::log1p(-rng_.uniform()) / log_kept);
    if (gap >= static_cast<double>(n - i - 1)) return;
    i += 1 + static_cast<int64_t>(gap);
    bytes[i] = ByteStemShape::kPad;
  }
}

}  // namespace gulo
