#include "engine/feed/slot_feed.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "kernel/cuda_device.h"
#include "kernel/slot_values.h"

namespace gulo {
namespace {

// The rest is the network's.
constexpr double kCorpusShare = 0.5;
constexpr uint64_t kPieceBytes = 64 << 20;

static_assert(static_cast<int>(SlotValue::kUint8) == static_cast<int>(ValueType::kUint8) &&
              static_cast<int>(SlotValue::kUint16) == static_cast<int>(ValueType::kUint16) &&
              static_cast<int>(SlotValue::kInt16) == static_cast<int>(ValueType::kInt16) &&
              static_cast<int>(SlotValue::kInt32) == static_cast<int>(ValueType::kInt32) &&
              static_cast<int>(SlotValue::kFloat32) == static_cast<int>(ValueType::kFloat32));

std::vector<int32_t> types_of(const Corpus& corpus, const std::vector<uint32_t>& items) {
  std::vector<int32_t> types;
  if (corpus.shapes.empty()) return types;
  for (const uint32_t item : items) types.push_back(static_cast<int32_t>(corpus.shapes[item].type));
  return types;
}

uint64_t room_on(const at::Device& device) {
  if (!device.is_cuda()) return std::numeric_limits<uint64_t>::max();
  const auto devices = cuda_devices();
  const auto index = static_cast<size_t>(std::max<int>(0, device.index()));
  return index < devices.size() ? static_cast<uint64_t>(kCorpusShare * static_cast<double>(devices[index].memory_bytes))
                                : 0;
}

// Piece by piece, as a file's bytes may not all be in memory at once.
at::Tensor upload_bytes(const Corpus& corpus, const at::Device& device) {
  const size_t n_bytes = corpus.n_bytes() + Corpus::kArenaPadding;
  const at::Tensor arena = at::empty({static_cast<int64_t>(n_bytes)}, at::device(device).dtype(at::kByte));
  const size_t most_bytes = std::min<uint64_t>(kPieceBytes, corpus.arena.shard_bytes() / 2);
  for (size_t begin = 0; begin < n_bytes; begin += most_bytes) {
    const auto n = static_cast<int64_t>(std::min(most_bytes, n_bytes - begin));
    corpus.arena.looked_at(static_cast<size_t>(n));
    const at::Tensor piece = at::from_blob(const_cast<uint8_t*>(corpus.arena.data()) + begin, {n}, at::kByte);
    arena.narrow(0, static_cast<int64_t>(begin), n).copy_(piece);
  }
  return arena;
}

}  // namespace

DeviceRoom::DeviceRoom(const at::Device& on) : device(on), corpus_bytes(room_on(on)) {}

SlotFeed::SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
                   const SlotSort& sort, const DeviceRoom& room)
    : n_slots_(sort.n_slots),
      n_items_(static_cast<int64_t>(items.size())),
      targets_(targets.to(room.device)),
      step_(at::zeros({1}, at::device(room.device).dtype(at::kLong))) {
  const at::Device& device = room.device;
  std::vector<int64_t> begins, sizes;
  for (const uint32_t item : items) {
    begins.push_back(static_cast<int64_t>(corpus.offsets[item]));
    sizes.push_back(static_cast<int64_t>(corpus.offsets[item + 1] - corpus.offsets[item]));
  }
  sizes_ = at::tensor(sizes, at::kLong).to(device);
  extents_ = at::tensor(extents_of(corpus, items), at::kInt).to(device);
  types_ = at::tensor(types_of(corpus, items), at::kInt).to(device);
  if (corpus.n_bytes() <= room.corpus_bytes) {
    arena_ = upload_bytes(corpus, device);
    begins_ = at::tensor(begins, at::kLong).to(device);
  } else {
    stream_ = std::make_unique<ShardStream>(
        corpus, items, ShardStreamOptions{room.corpus_bytes, sort.n_slots, sort.item_bytes, sort.seed}, device);
  }
}

SlotItems SlotFeed::items() const {
  const auto n_items = static_cast<uint64_t>(n_items_);
  if (stream_) return {stream_->arena(), nullptr, pointer_to<int64_t>(sizes_), n_items, stream_->shards()};
  return {pointer_to<uint8_t>(arena_), pointer_to<int64_t>(begins_), pointer_to<int64_t>(sizes_), n_items};
}

const int32_t* SlotFeed::extents() const { return pointer_to<int32_t>(extents_); }
const int32_t* SlotFeed::types() const { return pointer_to<int32_t>(types_); }
const int64_t* SlotFeed::step() const { return pointer_to<int64_t>(step_); }

at::Tensor SlotFeed::empty(at::IntArrayRef sizes, at::ScalarType type) const {
  return at::empty(sizes, step_.options().dtype(type));
}

std::vector<int32_t> extents_of(const Corpus& corpus, const std::vector<uint32_t>& items) {
  std::vector<int32_t> extents;
  if (corpus.shapes.empty()) return extents;
  for (const uint32_t item : items)
    for (const uint32_t extent : corpus.shapes[item].extents) extents.push_back(static_cast<int32_t>(extent));
  return extents;
}

DrawnSlots SlotFeed::next() {
  const at::Tensor owners = empty({n_slots_}, at::kLong);
  DrawnSlots drawn{{draw(owners), n_slots_}, {}};
  drawn.targets = targets_.index_select(0, owners);
  step_.add_(1);
  return drawn;
}

}  // namespace gulo
