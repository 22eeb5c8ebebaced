#include "engine/feed/cell_feed.h"

#include <algorithm>
#include <utility>

namespace gulo {

CellFeed::CellFeed(const Corpus& corpus, std::vector<uint32_t> items, CellLayout layout, int64_t batch_rows,
                   uint64_t seed)
    : corpus_(corpus), order_(corpus, std::move(items)), layout_(std::move(layout)), rng_(seed) {
  const auto rows = static_cast<size_t>(std::max<int64_t>(1, batch_rows));
  n_batches_ = std::max<size_t>(1, (order_.size() + rows / 2) / rows);
}

Batch CellFeed::next() {
  if (batch_ == 0) order_.shuffle(rng_);
  const size_t begin = order_.size() * batch_ / n_batches_, end = order_.size() * (batch_ + 1) / n_batches_;
  batch_ = (batch_ + 1) % n_batches_;
  std::vector<uint32_t> items;
  for (size_t i = begin; i < end; ++i, order_.advance()) items.push_back(order_.item());
  n_served_ += end - begin;
  return make(items);
}

void CellFeed::exchange(StateStream& stream) {
  order_.exchange(stream);
  rng_.exchange(stream);
  stream.number(n_served_);
  stream.number(batch_);
  StateStream::check(batch_ < n_batches_);
}

Batch CellFeed::make(std::span<const uint32_t> items) {
  std::vector<ItemView> rows;
  for (const uint32_t item : items) rows.push_back(corpus_.view(item));
  Batch batch = cell_batch(layout_, rows);
  batch.owners.assign(items.begin(), items.end());
  return batch;
}

}  // namespace gulo
