#include "engine/feed/pixel_feed.h"

#include <algorithm>

namespace gulo {

PixelFeed::PixelFeed(const Corpus& corpus, std::vector<uint32_t> items, const PixelFeedOptions& options, uint64_t seed)
    : corpus_(corpus), order_(corpus, std::move(items)), options_(options), rng_(seed), mirror_seed_(rng_()) {
  order_.shuffle(rng_);
}

// A small picture is moved as a whole, less than it is large; of a large one any window is as good as any other.
int32_t PixelFeed::draw_origin(int32_t size, int32_t seen) {
  if (size > seen) return static_cast<int32_t>(rng_.below(static_cast<uint64_t>(size - seen) + 1));
  const int32_t most = std::min(options_.shift, size / 8);
  return static_cast<int32_t>(rng_.below(2 * static_cast<uint64_t>(most) + 1)) - most;
}

PixelWindow PixelFeed::draw(uint32_t item) {
  PixelWindow window{.picture = corpus_.view(item), .owner = item};
  const auto height = static_cast<int32_t>(window.picture.shape.extents[0]);
  const auto width = static_cast<int32_t>(window.picture.shape.extents[1]);
  window.height = std::min(height, options_.window);
  window.width = std::min(width, options_.window);
  window.top = draw_origin(height, window.height);
  window.left = draw_origin(width, window.width);
  // Not by chance anew in each epoch: both images of a picture are seen equally often (Jordan 2024, arXiv 2404.00498).
  window.mirrored = options_.mirror && ((Rng(mirror_seed_ + item)() ^ epoch_) & 1) != 0;
  return window;
}

// The epoch is not known here: a picture is mirrored by chance.
Batch PixelFeed::make(std::span<const uint32_t> items) {
  PixelPacker packer(options_.channels);
  for (const uint32_t item : items) {
    PixelWindow window = draw(item);
    window.mirrored = options_.mirror && rng_.below(2) != 0;
    packer.add(window);
  }
  return packer.take();
}

void PixelFeed::exchange(StateStream& stream) {
  order_.exchange(stream);
  rng_.exchange(stream);
  stream.number(n_served_);
  stream.number(epoch_);
}

Batch PixelFeed::next() {
  PixelPacker packer(options_.channels);
  int64_t n_pixels = 0;
  do {
    const PixelWindow window = draw(order_.item());
    n_pixels += int64_t{window.height} * window.width;
    packer.add(window);
    ++n_served_;
    if (!order_.advance()) {
      ++epoch_;
      order_.shuffle(rng_);
    }
  } while (n_pixels < options_.batch_pixels && packer.size() < static_cast<size_t>(options_.batch_items));
  return packer.take();
}

}  // namespace gulo
