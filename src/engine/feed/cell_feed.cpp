#include "engine/feed/cell_feed.h"

#include <algorithm>
#include <utility>

namespace gulo {

CellFeed::CellFeed(const Corpus& corpus, std::vector<uint32_t> items, CellLayout layout, int64_t batch_rows,
                   uint64_t seed)
    : corpus_(corpus),
      batches_(corpus, std::move(items), static_cast<size_t>(std::max<int64_t>(1, batch_rows)), seed),
      layout_(std::move(layout)) {}

Batch CellFeed::next() { return make(batches_.next()); }

void CellFeed::exchange(StateStream& stream) { batches_.exchange(stream); }

Batch CellFeed::make(std::span<const uint32_t> items) {
  Batch batch = cell_batch(layout_, corpus_.views(items));
  batch.owners.assign(items.begin(), items.end());
  return batch;
}

}  // namespace gulo
