#include "engine/feed/shard_stream.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace gulo {
namespace {

// Twice as many are pinned. Larger ones gain nothing, and a copy is given up at the end of one.
constexpr size_t kChunkBytes = 16 << 20;
// A shard stays until slots have shown this part of its bytes: of items that are far longer than a slot, one look at
// each would cost less than to bring them.
constexpr uint64_t kSeenPart = 16;
// So many items before they are copied, the file that they lie in is asked for them.
constexpr size_t kItemsAhead = 256;
constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();

static_assert(sizeof(ShardItem) == ShardDeal::kRowBytes);

Upload upload_to(const at::Device& device) {
  return {device.is_cuda() ? copies_to_cuda(kChunkBytes) : copies_to_host(kChunkBytes), kChunkBytes};
}

template <class T>
std::span<const uint8_t> bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

ShardStream::ShardStream(const Corpus& corpus, const std::vector<uint32_t>& items, const ShardStreamOptions& options,
                         const at::Device& device)
    : corpus_(corpus),
      items_(items),
      options_(options),
      half_bytes_(options.room_bytes / 2 / 16 * 16),
      deal_(corpus, items_, half_bytes_),
      arena_(at::empty({static_cast<int64_t>(2 * half_bytes_ + Corpus::kArenaPadding)},
                       at::device(device).dtype(at::kByte))),
      shards_(at::zeros({static_cast<int64_t>(2 * sizeof(SlotShard))}, at::device(device).dtype(at::kByte))),
      upload_(upload_to(device)) {
  tell_device();  // and waits until nothing else uses the memory that the arena got
  begin_filling(0);
  take_filled();
}

ShardStream::~ShardStream() { stop_ = true; }

void ShardStream::deal_epoch() {
  Rng rng(options_.seed + 0x5851F42D4C957F2Dull * ++n_deals_);
  epoch_shards_ = deal_.deal(rng);
  n_epochs_ += n_passes_;
  n_passes_ = 1;
  // A step needs two shards at most.
  for (const std::vector<uint32_t>& shard : epoch_shards_) {
    uint64_t n_bytes = 0, n_seen = 1;
    for (const uint32_t place : shard) {
      const uint64_t size = corpus_.offsets[items_[place] + 1] - corpus_.offsets[items_[place]];
      n_bytes += size;
      n_seen += std::min(size, options_.slot_bytes);
    }
    const uint64_t for_a_step = (static_cast<uint64_t>(options_.n_slots) + shard.size() - 1) / shard.size();
    n_passes_ = std::max({n_passes_, for_a_step, n_bytes / kSeenPart / n_seen});
  }
}

SlotShard ShardStream::fill(int half) {
  if (epoch_shards_.empty()) deal_epoch();
  const std::vector<uint32_t> places = std::move(epoch_shards_.back());
  epoch_shards_.pop_back();
  const uint64_t table = static_cast<uint64_t>(half) * half_bytes_;
  std::vector<ShardItem> rows;
  uint64_t at = table + places.size() * sizeof(ShardItem);
  for (const uint32_t place : places) {
    rows.push_back({place, static_cast<int64_t>(at)});
    at += corpus_.offsets[items_[place] + 1] - corpus_.offsets[items_[place]];
  }
  upload_.begin(static_cast<uint8_t*>(arena_.data_ptr()) + table);
  upload_.write(bytes_of(rows));
  for (size_t i = 0; i < places.size() && !stop_; ++i) {
    if (i % kItemsAhead == 0) expect(places, i == 0 ? 0 : i + kItemsAhead, i + 2 * kItemsAhead);
    upload_.write(corpus_.item(items_[places[i]]));
  }
  upload_.finish();
  SlotShard shard{next_begin_, kForever, places.size(), n_epochs_, table};
  if (!deal_.is_one_shard()) shard.end = shard.begin + places.size() * n_passes_;
  next_begin_ = shard.end;
  return shard;
}

void ShardStream::expect(const std::vector<uint32_t>& places, size_t begin, size_t end) const {
  if (!corpus_.arena.in_file()) return;
  for (size_t i = begin; i < std::min(end, places.size());) {
    const uint32_t first = items_[places[i]];
    uint32_t after = first;
    for (; i < std::min(end, places.size()) && items_[places[i]] == after; ++i) ++after;
    corpus_.arena.expect(corpus_.offsets[first], corpus_.offsets[after]);
  }
}

void ShardStream::begin_filling(int half) {
  filling_ = std::async(std::launch::async, [this, half] { return fill(half); });
}

void ShardStream::take_filled() {
  const SlotShard filled = filling_.get();
  newest_ = filled.table == 0 ? 0 : 1;
  halves_[static_cast<size_t>(newest_)] = filled;
  ++n_copied_;
  tell_device();
}

void ShardStream::tell_device() {
  shards_.copy_(at::from_blob(halves_.data(), {static_cast<int64_t>(sizeof halves_)}, at::kByte));
}

int64_t ShardStream::reserve(int64_t n_done, int64_t n_wanted) {
  const uint64_t n_slots = static_cast<uint64_t>(options_.n_slots), at = static_cast<uint64_t>(n_done) * n_slots;
  const auto newest_end = [this] { return halves_[static_cast<size_t>(newest_)].end; };
  for (;;) {
    const int other = 1 - newest_;
    if (!filling_.valid() && newest_end() != kForever && at >= halves_[static_cast<size_t>(other)].end)
      begin_filling(other);
    if (newest_end() - at >= static_cast<uint64_t>(n_wanted) * n_slots || !filling_.valid()) break;
    take_filled();
  }
  return static_cast<int64_t>(std::min((newest_end() - at) / n_slots, static_cast<uint64_t>(n_wanted)));
}

}  // namespace gulo
