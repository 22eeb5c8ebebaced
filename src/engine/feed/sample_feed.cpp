#include "engine/feed/sample_feed.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/round_up.h"
#include "data/window_plan.h"

namespace gulo {

int64_t longest_window_rows(const SampleFeedOptions& options, int coarse_row_samples) {
  const auto longest =
      static_cast<int64_t>(std::ceil(static_cast<double>(options.window_samples) / (1 - options.stretch)));
  return rows_for_samples(longest + coarse_row_samples, coarse_row_samples);
}

// Places are counted in 2^-32 of a time: whole and part come without a conversion.
std::vector<float> stretched(const std::vector<float>& values, size_t channels, double step) {
  const size_t n = values.size() / channels;
  if (n < 2) return values;
  const auto step_parts = static_cast<uint64_t>(step * 0x1p32), last = static_cast<uint64_t>(n - 1) << 32;
  const size_t n_out = last / step_parts + 1;
  std::vector<float> out(n_out * channels);
  uint64_t at = 0;
  for (size_t i = 0; i < n_out; ++i, at += step_parts) {
    const size_t before = std::min(static_cast<size_t>(at >> 32), n - 2);
    const float share = static_cast<float>(static_cast<int64_t>(at - (uint64_t{before} << 32))) * 0x1p-32f;
    const float *a = values.data() + before * channels, *b = a + channels;
    for (size_t c = 0; c < channels; ++c) out[i * channels + c] = a[c] + share * (b[c] - a[c]);
  }
  return out;
}

SampleFeed::SampleFeed(const Corpus& corpus, std::vector<uint32_t> items, const SampleBatchShape& shape,
                       const SampleFeedOptions& options, uint64_t seed)
    : corpus_(corpus), order_(corpus, std::move(items)), shape_(shape), options_(options), rng_(seed), packer_(shape) {
  order_.shuffle(rng_);
}

SampleFeed::Drawn SampleFeed::draw(uint32_t item) {
  const ItemView view = corpus_.view(item);
  WindowRange range = random_window(view.shape.extents[0], options_.window_samples, rng_);
  if (options_.crop_fraction < 1) {
    const auto shortest = static_cast<size_t>(std::ceil(options_.crop_fraction * static_cast<double>(range.size)));
    const size_t size = shortest + rng_.below(range.size - shortest + 1);
    range.begin += rng_.below(range.size - size + 1);
    range.size = size;
  }
  const uint32_t channels = view.shape.extents[1];
  std::vector<float> values = signal_values(view, range.begin, range.size);
  if (options_.stretch > 0) values = stretched(values, channels, 1 + options_.stretch * (2 * rng_.uniform() - 1));
  const auto lead = static_cast<uint32_t>(options_.shift ? rng_.below(shape_.coarse_row_samples) : 0);
  const auto n_bytes = static_cast<int64_t>(range.size * channels * value_bytes(view.shape.type));
  return {std::move(values), {{}, channels, view.shape.rate_hz, item, lead, n_bytes}};
}

bool SampleFeed::add(SamplePacker& packer, Drawn drawn) {
  drawn.window.values = drawn.values;
  return packer.add(drawn.window);
}

Batch SampleFeed::make(std::span<const uint32_t> items) {
  std::vector<Drawn> windows;
  SampleBatchShape shape = shape_;
  shape.n_coarse_rows = 0;
  for (const uint32_t item : items) {
    windows.push_back(draw(item));
    const SampleWindow& window = windows.back().window;
    const auto n_times =
        static_cast<int64_t>(window.lead + windows.back().values.size() / std::max(window.channels, 1u));
    shape.n_coarse_rows += rows_for_samples(n_times, shape.coarse_row_samples) + shape.gap_rows;
  }
  shape.n_coarse_rows = round_up_to_16(shape.n_coarse_rows);
  SamplePacker packer(shape);
  for (Drawn& window : windows) add(packer, std::move(window));
  return packer.take();
}

void SampleFeed::exchange(StateStream& stream) {
  order_.exchange(stream);
  rng_.exchange(stream);
  stream.number(n_served_);
}

// A window that does not fit is drawn anew for the next batch: it needs no memory of it.
Batch SampleFeed::next() {
  while (add(packer_, draw(order_.item()))) {
    ++n_served_;
    if (!order_.advance()) order_.shuffle(rng_);
  }
  return packer_.take();
}

}  // namespace gulo
