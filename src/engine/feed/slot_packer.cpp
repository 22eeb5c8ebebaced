#include "engine/feed/slot_packer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernel/byte_stem.h"

namespace gulo {
namespace {

Batch blank_batch(const SlotShape& shape) {
  const int64_t n_rows = shape.n_slots * shape.slot_rows;
  Batch batch;
  batch.values = {at::full({n_rows * shape.coarse_row_bytes}, ByteStemShape::kPad, at::kShort),
                  at::zeros({n_rows}, at::kByte)};
  batch.values[1].view({shape.n_slots, shape.slot_rows}).select(1, 0).fill_(1);
  return batch;
}

}  // namespace

SlotPacker::SlotPacker(const SlotShape& shape) : shape_(shape), batch_(blank_batch(shape)) {}

bool SlotPacker::add(const Window& window) {
  const auto slot = static_cast<int64_t>(batch_.owners.size());
  if (slot == shape_.n_slots) return false;
  const auto n_bytes = static_cast<int64_t>(window.lead + window.bytes.size());
  const int64_t n_rows = std::max<int64_t>(1, (n_bytes + shape_.coarse_row_bytes - 1) / shape_.coarse_row_bytes);
  assert(n_rows < shape_.slot_rows);
  const int64_t first_row = slot * shape_.slot_rows;
  int16_t* out = batch_.values[0].mutable_data_ptr<int16_t>() + first_row * shape_.coarse_row_bytes + window.lead;
  std::copy(window.bytes.begin(), window.bytes.end(), out);
  std::fill_n(batch_.values[1].mutable_data_ptr<uint8_t>() + first_row, n_rows, uint8_t{1});
  batch_.owners.push_back(window.owner);
  batch_.n_item_bytes += static_cast<int64_t>(window.bytes.size());
  batch_.n_item_rows += n_rows;
  return true;
}

Batch SlotPacker::take() { return std::exchange(batch_, blank_batch(shape_)); }

}  // namespace gulo
