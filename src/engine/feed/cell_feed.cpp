#include "engine/feed/cell_feed.h"

#include <algorithm>
#include <utility>

namespace gulo {

CellFeed::CellFeed(const Corpus& corpus, std::vector<uint32_t> items, CellLayout layout, int64_t batch_rows,
                   uint64_t seed)
    : corpus_(corpus), items_(std::move(items)), layout_(std::move(layout)), rng_(seed) {
  const auto rows = static_cast<size_t>(std::max<int64_t>(1, batch_rows));
  n_batches_ = std::max<size_t>(1, (items_.size() + rows / 2) / rows);
}

Batch CellFeed::next() {
  if (batch_ == 0) rng_.shuffle(items_);
  const size_t begin = items_.size() * batch_ / n_batches_, end = items_.size() * (batch_ + 1) / n_batches_;
  batch_ = (batch_ + 1) % n_batches_;
  n_served_ += end - begin;
  return make(std::span(items_).subspan(begin, end - begin));
}

Batch CellFeed::make(std::span<const uint32_t> items) {
  std::vector<ItemView> rows;
  for (const uint32_t item : items) rows.push_back(corpus_.view(item));
  Batch batch = cell_batch(layout_, rows);
  batch.owners.assign(items.begin(), items.end());
  return batch;
}

}  // namespace gulo
