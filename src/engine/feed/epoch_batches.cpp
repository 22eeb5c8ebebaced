#include "engine/feed/epoch_batches.h"

#include <algorithm>
#include <utility>

namespace gulo {

EpochBatches::EpochBatches(const Corpus& corpus, std::vector<uint32_t> items, size_t batch_items, uint64_t seed)
    : order_(corpus, std::move(items)),
      rng_(seed),
      n_batches_(std::max<size_t>(1, (order_.size() + batch_items / 2) / batch_items)) {}

std::vector<uint32_t> EpochBatches::next() {
  if (batch_ == 0) order_.shuffle(rng_);
  const size_t begin = order_.size() * batch_ / n_batches_, end = order_.size() * (batch_ + 1) / n_batches_;
  batch_ = (batch_ + 1) % n_batches_;
  n_served_ += end - begin;
  std::vector<uint32_t> items;
  for (size_t i = begin; i < end; ++i, order_.advance()) items.push_back(order_.item());
  return items;
}

void EpochBatches::exchange(StateStream& stream) {
  order_.exchange(stream);
  rng_.exchange(stream);
  stream.number(n_served_);
  stream.number(batch_);
  StateStream::check(batch_ < n_batches_);
}

}  // namespace gulo
