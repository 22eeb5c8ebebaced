#include "engine/feed/slot_feed.h"

#include <ATen/ATen.h>
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"
#include "kernel/cuda_device.h"

namespace gulo {
namespace {

// The rest is the network's.
constexpr double kCorpusShare = 0.5;

at::Tensor upload_bytes(const Corpus& corpus, const at::Device& device) {
  if (device.is_cuda()) {
    const auto devices = cuda_devices();
    const auto index = static_cast<size_t>(std::max<int>(0, device.index()));
    const double room = index < devices.size() ? kCorpusShare * static_cast<double>(devices[index].memory_bytes) : 0;
    require(static_cast<double>(corpus.n_bytes()) <= room, ErrorKind::kDevice,
            fmt::format("the items' {} do not fit on the device, which has room for {}",
                        format_bytes(static_cast<double>(corpus.n_bytes())), format_bytes(room)),
            "use --device cpu, which streams them");
  }
  const auto n_bytes = static_cast<int64_t>(corpus.n_bytes() + Corpus::kArenaPadding);
  return at::from_blob(const_cast<uint8_t*>(corpus.arena.data()), {n_bytes}, at::kByte)
      .to(device, at::kByte, false, true);
}

}  // namespace

SlotFeed::SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets, int64_t n_slots,
                   const at::Device& device)
    : n_slots_(n_slots),
      n_items_(static_cast<int64_t>(items.size())),
      arena_(upload_bytes(corpus, device)),
      targets_(targets.to(device)),
      step_(at::zeros({1}, at::device(device).dtype(at::kLong))) {
  std::vector<int64_t> begins, sizes;
  for (const uint32_t item : items) {
    begins.push_back(static_cast<int64_t>(corpus.offsets[item]));
    sizes.push_back(static_cast<int64_t>(corpus.offsets[item + 1] - corpus.offsets[item]));
  }
  begins_ = at::tensor(begins, at::kLong).to(device);
  sizes_ = at::tensor(sizes, at::kLong).to(device);
  extents_ = at::tensor(extents_of(corpus, items), at::kInt).to(device);
}

SlotItems SlotFeed::items() const {
  return {pointer_to<uint8_t>(arena_), pointer_to<int64_t>(begins_), pointer_to<int64_t>(sizes_),
          static_cast<uint64_t>(n_items_)};
}

const int32_t* SlotFeed::extents() const { return pointer_to<int32_t>(extents_); }
const int64_t* SlotFeed::step() const { return pointer_to<int64_t>(step_); }

at::Tensor SlotFeed::empty(at::IntArrayRef sizes, at::ScalarType type) const {
  return at::empty(sizes, arena_.options().dtype(type));
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
