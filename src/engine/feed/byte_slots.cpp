#include "engine/feed/byte_slots.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/device/device_graph.h"

namespace gulo {
namespace {

SlotSort sort_of(const SlotBytesShape& shape) { return {shape.n_slots, shape.window_bytes, shape.seed}; }

}  // namespace

ByteSlots::ByteSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
                     const SlotBytesShape& shape, const DeviceRoom& room)
    : SlotFeed(corpus, items, targets, sort_of(shape), room), shape_(shape) {
  std::vector<int64_t> sizes;
  for (const uint32_t item : items)
    sizes.push_back(static_cast<int64_t>(corpus.offsets[item + 1] - corpus.offsets[item]));
  look_at_slots({nullptr, nullptr, sizes.data(), sizes.size()});
}

// The host draws as the device does.
void ByteSlots::look_at_slots(const SlotItems& items) {
  const uint64_t n = std::min<uint64_t>(items.n_items, 4096);
  for (uint64_t k = 0; k < n; ++k) {
    const SlotDraw draw = draw_slot(shape_, items, k);
    mean_rows_ +=
        std::max(1.0, static_cast<double>((draw.lead + draw.n_bytes + shape_.row_bytes - 1) / shape_.row_bytes));
    mean_bytes_ += draw.n_bytes;
  }
  mean_rows_ /= static_cast<double>(n);
  mean_bytes_ /= static_cast<double>(n);
}

std::vector<at::Tensor> ByteSlots::draw(const at::Tensor& owners) {
  const int64_t n_rows = int64_t{shape_.n_slots} * shape_.slot_rows;
  const at::Tensor values = empty({n_rows * shape_.row_bytes}, at::kShort), keep = empty({n_rows}, at::kByte);
  const SlotBytes kernel{
      shape_, items(), step(), pointer_to<uint16_t>(values), pointer_to<uint8_t>(keep), pointer_to<int64_t>(owners)};
  if (on_cuda())
    slot_bytes_cuda(kernel, current_cuda_stream());
  else
    run_on_host(kernel);
  return {values, keep};
}

}  // namespace gulo
