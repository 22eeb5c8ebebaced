#include "engine/net/slot_signals.h"

#include <ATen/ATen.h>

#include "engine/net/signal_level.h"

namespace gulo {
namespace {

// Number `which` of every slot's three, as [n_slots, 1, 1].
at::Tensor place_of(const SlotBatch& batch, int64_t which) { return batch.values[1].select(1, which).view({-1, 1, 1}); }

at::Tensor times_of(const SlotBatch& batch) {
  return at::arange(batch.values[0].size(1), batch.values[1].options()).view({1, -1, 1});
}

// [n_slots, slot_times, channels] bool: what belongs to a signal.
at::Tensor inside_of(const SlotBatch& batch) {
  const at::Tensor since_first = times_of(batch) - place_of(batch, 0);
  const at::Tensor channel = at::arange(batch.values[0].size(2), batch.values[1].options()).view({1, 1, -1});
  return since_first.ge(0).logical_and(since_first < place_of(batch, 1)).logical_and(channel < place_of(batch, 2));
}

// [n_slots, 1, 1] float. In double, as squares of values are not finite in float.
at::Tensor item_scale(const at::Tensor& values, const at::Tensor& there) {
  const at::Tensor squares = values.masked_fill(there.logical_not(), 0).to(at::kDouble).square().sum({1, 2}, true);
  const at::Tensor mean = squares / there.sum({1, 2}, true).clamp_min(1);
  return (mean.sqrt() + kLevelFloor).reciprocal().to(at::kFloat);
}

// [n_slots, length] bool: outside of a stripe that begins anywhere in the first n and takes at most a share of them; n:
// [n_slots] float.
at::Tensor outside_of_stripe(const at::Tensor& n, double share, int64_t length) {
  const at::Tensor begin = (at::rand(n.sizes(), n.options()) * n).floor().unsqueeze(1);
  const at::Tensor size = (at::rand(n.sizes(), n.options()) * (n * share).floor().clamp_min(1)).floor().unsqueeze(1);
  const at::Tensor place = at::arange(length, n.options()).unsqueeze(0);
  return (place < begin).logical_or(place >= begin + size);
}

}  // namespace

at::Tensor slot_signal_mask(const SlotBatch& batch, int coarse_row_samples, int rows_per_coarse_row) {
  const int64_t slot_rows = batch.values[0].size(1) / coarse_row_samples;
  const at::Tensor end = place_of(batch, 0) + place_of(batch, 1);
  const at::Tensor n_rows = (end + (coarse_row_samples - 1)).floor_divide(coarse_row_samples).clamp_min(1);
  const at::Tensor row = at::arange(slot_rows, end.options()).view({1, -1, 1});
  return (row < n_rows).to(at::kByte).expand({batch.n_slots, slot_rows, rows_per_coarse_row}).reshape({-1});
}

at::Tensor slot_signals(const SlotBatch& batch, const SlotLevel& level, bool missing, at::ScalarType dtype) {
  const at::Tensor inside = inside_of(batch), absent = batch.values[0].isnan();
  const at::Tensor there = inside.logical_and(absent.logical_not());
  const at::Tensor values = batch.values[0].clamp(-kLargestRaw, kLargestRaw);
  const at::Tensor levelled =
      level.scale.defined() ? (values - level.offset) * level.scale : values * item_scale(values, there);
  const at::Tensor shown = levelled.clamp(-kLargestValue, kLargestValue).masked_fill(there.logical_not(), 0).to(dtype);
  if (!missing) return shown;
  const at::Tensor share = inside.logical_and(absent).sum(2, true, at::kFloat) / static_cast<double>(shown.size(2));
  return at::cat({shown, share.to(dtype)}, 2);
}

at::Tensor slot_frames(const at::Tensor& signals, int64_t taps, int64_t stride) {
  const int64_t before = (taps - stride) / 2, behind = taps - stride - before;
  const at::Tensor frames = at::constant_pad_nd(signals, {0, 0, before, behind}).unfold(1, taps, stride);
  return frames.permute({0, 1, 3, 2}).reshape({-1, taps * signals.size(2)});
}

at::Tensor slot_stripes(const at::Tensor& keep, int64_t n_slots, int64_t n_columns, const StripeMask& stripes) {
  const int64_t slot_rows = keep.size(0) / n_slots;
  const at::Tensor n_rows = keep.view({n_slots, slot_rows}).sum(1, false, at::kFloat);
  const at::Tensor columns =
      outside_of_stripe(at::full_like(n_rows, static_cast<double>(n_columns)), stripes.frequencies, n_columns);
  const at::Tensor rows = outside_of_stripe(n_rows, stripes.times, slot_rows);
  return columns.unsqueeze(1).logical_and(rows.unsqueeze(2)).to(at::kFloat).view({-1, n_columns});
}

}  // namespace gulo
