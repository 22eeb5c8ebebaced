#include "data/item_order.h"

#include <algorithm>
#include <utility>

namespace gulo {
namespace {

// Larger ranges are read faster, smaller ones mix better.
constexpr uint64_t kRangesPerShard = 1024, kLeastRangeBytes = 64 << 10, kMostRangeBytes = 1 << 20;

}  // namespace

ItemOrder::ItemOrder(const Corpus& corpus, std::vector<uint32_t> items) : corpus_(corpus), items_(std::move(items)) {
  if (corpus.arena.in_file()) cut_ranges();
}

void ItemOrder::cut_ranges() {
  by_place_ = items_;
  std::sort(by_place_.begin(), by_place_.end());
  const uint64_t most_bytes =
      std::clamp(corpus_.arena.shard_bytes() / kRangesPerShard, kLeastRangeBytes, kMostRangeBytes);
  for (size_t i = 0; i < by_place_.size(); ++i) {
    const uint64_t end = corpus_.offsets[by_place_[i] + 1];
    if (ranges_.empty() || end - corpus_.offsets[by_place_[ranges_.back().begin]] > most_bytes)
      ranges_.push_back({i, i});
    ranges_.back().end = i + 1;
  }
}

void ItemOrder::shuffle(Rng& rng) {
  position_ = 0;
  if (ranges_.empty())
    rng.shuffle(items_);
  else
    draw_shards(rng);
}

void ItemOrder::draw_shards(Rng& rng) {
  rng.shuffle(ranges_);
  shards_.clear();
  items_.clear();
  uint64_t shard_bytes = 0;
  for (size_t r = 0; r < ranges_.size(); ++r) {
    const uint64_t range_bytes =
        corpus_.offsets[by_place_[ranges_[r].end - 1] + 1] - corpus_.offsets[by_place_[ranges_[r].begin]];
    if (shards_.empty() || shard_bytes + range_bytes > corpus_.arena.shard_bytes()) {
      shards_.push_back({0, 0, r, r});
      shard_bytes = 0;
    }
    shards_.back().end_range = r + 1;
    shard_bytes += range_bytes;
  }
  for (Shard& shard : shards_) fill_shard(shard, rng);
  shard_ = 0;
  n_expected_ = shards_[0].end_range;
}

void ItemOrder::fill_shard(Shard& shard, Rng& rng) {
  const auto range = [this](size_t r) { return ranges_.begin() + static_cast<std::ptrdiff_t>(r); };
  // A disk reads best in the order of the file.
  std::sort(range(shard.begin_range), range(shard.end_range),
            [](const Range& a, const Range& b) { return a.begin < b.begin; });
  std::vector<uint32_t> items;
  for (size_t r = shard.begin_range; r < shard.end_range; ++r)
    items.insert(items.end(), by_place_.begin() + static_cast<std::ptrdiff_t>(ranges_[r].begin),
                 by_place_.begin() + static_cast<std::ptrdiff_t>(ranges_[r].end));
  rng.shuffle(items);
  shard.begin_item = items_.size();
  items_.insert(items_.end(), items.begin(), items.end());
  shard.end_item = items_.size();
}

bool ItemOrder::advance() {
  ++position_;
  if (!shards_.empty()) read_ahead();
  return position_ < items_.size();
}

// As much of the next shard is asked for as of this one is done.
void ItemOrder::read_ahead() {
  if (position_ == shards_[shard_].end_item && shard_ + 1 < shards_.size()) ++shard_;
  if (shard_ + 1 == shards_.size()) return;
  const Shard &now = shards_[shard_], &next = shards_[shard_ + 1];
  const size_t n_ranges = next.end_range - next.begin_range;
  const size_t n_done = position_ - now.begin_item + 1, n_items = now.end_item - now.begin_item;
  const size_t wanted = next.begin_range + n_ranges * std::min(n_done, n_items) / n_items;
  for (; n_expected_ < wanted; ++n_expected_) {
    const Range& range = ranges_[n_expected_];
    corpus_.arena.expect(corpus_.offsets[by_place_[range.begin]], corpus_.offsets[by_place_[range.end - 1] + 1]);
  }
}

void ItemOrder::exchange(StateStream& stream) {
  const size_t n_items = items_.size(), n_ranges = ranges_.size();
  stream.list(items_);
  stream.number(position_);
  size_t n_ranges_there = n_ranges, n_shards = shards_.size();
  stream.number(n_ranges_there);
  stream.number(n_shards);
  const auto fits = [](size_t value, size_t limit) { StateStream::check(value <= limit); };
  fits(n_shards, n_ranges);
  shards_.resize(n_shards);
  for (Range& range : ranges_) {
    stream.number(range.begin);
    stream.number(range.end);
    fits(range.begin, range.end);
    fits(range.end, by_place_.size());
  }
  for (Shard& shard : shards_) {
    for (size_t* number : {&shard.begin_item, &shard.end_item, &shard.begin_range, &shard.end_range})
      stream.number(*number);
    fits(shard.begin_item + 1, shard.end_item);
    fits(shard.end_item, n_items);
    fits(shard.begin_range + 1, shard.end_range);
    fits(shard.end_range, n_ranges);
  }
  stream.number(shard_);
  stream.number(n_expected_);
  for (const uint32_t item : items_) fits(item + size_t{1}, corpus_.n_items());
  StateStream::check(items_.size() == n_items && n_ranges_there == n_ranges);
  fits(position_, n_items);
  fits(n_shards == 0 ? 0 : shard_ + 1, n_shards);
  fits(n_expected_, n_ranges);
}

std::vector<uint32_t> first_shard(const Corpus& corpus, const std::vector<uint32_t>& items) {
  if (!corpus.arena.in_file()) return items;
  ItemOrder order(corpus, items);
  Rng rng(1);
  order.shuffle(rng);
  std::vector<uint32_t> first;
  uint64_t n_bytes = 0;
  do {
    first.push_back(order.item());
    n_bytes += corpus.offsets[order.item() + 1] - corpus.offsets[order.item()];
  } while (n_bytes < corpus.arena.shard_bytes() && order.advance());
  return first;
}

}  // namespace gulo
