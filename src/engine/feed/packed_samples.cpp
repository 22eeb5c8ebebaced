#include "engine/feed/packed_samples.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace gulo {
namespace {

at::Tensor blank_signal(const SampleBatchShape& shape) {
  return at::zeros({shape.n_coarse_rows * shape.coarse_row_samples, shape.channels}, at::kFloat);
}

template <class T>
at::Tensor tensor_of(const std::vector<T>& values, at::IntArrayRef sizes, at::ScalarType type) {
  const at::Tensor tensor = at::empty(sizes, type);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<T>());
  return tensor;
}

// The entries [begin, end) of a batch, in slots of so many coarse rows.
SlotBatch slots_of(const Batch& batch, int64_t begin, int64_t end, int64_t slot_rows, int64_t row_samples) {
  const at::Tensor& signal = batch.values[kSignal];
  const int64_t n = end - begin;
  const at::Tensor slots = at::zeros({n, slot_rows * row_samples, signal.size(1)}, at::kFloat);
  const at::Tensor places = batch.values[kPlaces].narrow(0, begin, n).to(at::kInt);
  for (int64_t i = 0; i < n; ++i) {
    const auto entry = static_cast<size_t>(begin + i);
    const int64_t first = batch.begins[entry] * row_samples, n_times = batch.ends[entry] * row_samples - first;
    slots.select(0, i).narrow(0, 0, n_times).copy_(signal.narrow(0, first, n_times));
    places.mutable_data_ptr<int32_t>()[3 * i] -= static_cast<int32_t>(first);
  }
  return {{slots, places, batch.values[kRates].narrow(0, begin, n)}, n};
}

}  // namespace

float rate_value(uint32_t rate_hz) { return rate_hz > 0 ? static_cast<float>(std::log2(rate_hz / 8000.)) : 0.f; }

std::vector<SlotBatch> signals_in_slots(const Batch& batch, int coarse_row_samples, int64_t max_coarse_rows) {
  std::vector<SlotBatch> batches;
  const auto n = static_cast<int64_t>(batch.owners.size());
  int64_t begin = 0, slot_rows = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t rows = batch.ends[static_cast<size_t>(i)] - batch.begins[static_cast<size_t>(i)] + 1;
    if (i > begin && (i + 1 - begin) * std::max(slot_rows, rows) > max_coarse_rows) {
      batches.push_back(slots_of(batch, begin, i, slot_rows, coarse_row_samples));
      begin = i;
      slot_rows = 0;
    }
    slot_rows = std::max(slot_rows, rows);
  }
  if (n > 0) batches.push_back(slots_of(batch, begin, n, slot_rows, coarse_row_samples));
  return batches;
}

int64_t rows_for_samples(int64_t n_times, int coarse_row_samples) {
  return std::max<int64_t>(1, (n_times + coarse_row_samples - 1) / coarse_row_samples);
}

std::vector<float> signal_values(const ItemView& item, size_t begin, size_t n) {
  const size_t channels = item.shape.extents[1], time_bytes = channels * value_bytes(item.shape.type);
  ItemView part = item;
  part.shape.extents[0] = static_cast<uint32_t>(n);
  part.bytes = item.bytes.subspan(begin * time_bytes, n * time_bytes);
  std::vector<float> values(n * channels);
  values_as_float(part, values);
  return values;
}

SamplePacker::SamplePacker(const SampleBatchShape& shape) : shape_(shape), signal_(blank_signal(shape)) {}

bool SamplePacker::add(const SampleWindow& window) {
  const int64_t n_times = static_cast<int64_t>(window.values.size() / std::max(window.channels, 1u));
  const int64_t rows = rows_for_samples(window.lead + n_times, shape_.coarse_row_samples);
  assert(rows <= shape_.n_coarse_rows && window.channels <= static_cast<uint32_t>(shape_.channels));
  if (next_row_ + rows > shape_.n_coarse_rows) return false;
  const int64_t first = next_row_ * shape_.coarse_row_samples + window.lead;
  float* out = signal_.mutable_data_ptr<float>() + first * shape_.channels;
  for (int64_t t = 0; t < n_times; ++t, out += shape_.channels)
    std::copy_n(window.values.data() + t * window.channels, window.channels, out);
  places_.insert(places_.end(), {first, n_times, window.channels});
  rates_.push_back(rate_value(window.rate_hz));
  batch_.begins.push_back(static_cast<int32_t>(next_row_));
  batch_.ends.push_back(static_cast<int32_t>(next_row_ + rows));
  batch_.owners.push_back(window.owner);
  batch_.n_item_bytes += window.n_item_bytes;
  batch_.n_item_rows += rows;
  next_row_ += rows + shape_.gap_rows;
  return true;
}

Batch SamplePacker::take() {
  const auto n = static_cast<int64_t>(batch_.owners.size());
  batch_.values = {std::exchange(signal_, blank_signal(shape_)), tensor_of(places_, {n, 3}, at::kLong),
                   tensor_of(rates_, {n}, at::kFloat)};
  places_.clear();
  rates_.clear();
  next_row_ = 0;
  return std::exchange(batch_, Batch());
}

}  // namespace gulo
