#include "engine/feed/packed_batch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "kernel/byte_stem.h"

namespace gulo {
namespace {

int64_t rows_for(int64_t bytes, int coarse_row_bytes) {
  return std::max<int64_t>(1, (bytes + coarse_row_bytes - 1) / coarse_row_bytes);
}

at::Tensor blank_bytes(const BatchShape& shape) {
  return at::full({shape.n_coarse_rows * shape.coarse_row_bytes}, ByteStemShape::kPad, at::kShort);
}

}  // namespace

int64_t rows_for_window(int64_t window_bytes, int coarse_row_bytes) {
  return rows_for(window_bytes + coarse_row_bytes - 1, coarse_row_bytes) + 1;
}

BatchPacker::BatchPacker(const BatchShape& shape) : shape_(shape) { batch_.values = {blank_bytes(shape)}; }

bool BatchPacker::add(const Window& window) {
  const int64_t rows = rows_for(static_cast<int64_t>(window.lead + window.bytes.size()), shape_.coarse_row_bytes);
  assert(rows <= shape_.n_coarse_rows);
  if (next_row_ + rows > shape_.n_coarse_rows) return false;
  int16_t* out = batch_.values[0].mutable_data_ptr<int16_t>() + next_row_ * shape_.coarse_row_bytes + window.lead;
  std::copy(window.bytes.begin(), window.bytes.end(), out);
  batch_.begins.push_back(static_cast<int32_t>(next_row_));
  batch_.ends.push_back(static_cast<int32_t>(next_row_ + rows));
  batch_.owners.push_back(window.owner);
  batch_.n_item_bytes += static_cast<int64_t>(window.bytes.size());
  batch_.n_item_rows += rows;
  next_row_ += rows + 1;
  return true;
}

Batch BatchPacker::take() {
  Batch full = std::exchange(batch_, Batch());
  batch_.values = {blank_bytes(shape_)};
  next_row_ = 0;
  return full;
}

}  // namespace gulo
