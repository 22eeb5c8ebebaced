// What the quadrature stem does with signals before and after its filters, over signals in slots (feed/slot_batch.h),
// for any device, with LibTorch's operations. No shape depends on the data and the host never waits, so a CUDA graph
// can hold them. On the CPU the packed ones (quadrature_stem.cpp) are faster.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/feed/slot_batch.h"
#include "engine/net/quadrature_stem.h"

namespace gulo {

// Constants of the channels, [channels] each; undefined: each item is brought to an RMS of 1.
struct SlotLevel {
  at::Tensor offset, scale;
};

// [n_slots * slot_rows * rows_per_coarse_row] uint8, 0 for the rows of coarse rows in which nothing of the signal lies;
// a slot has one at least that is not.
at::Tensor slot_signal_mask(const SlotBatch& batch, int coarse_row_samples, int rows_per_coarse_row);

// What the filters see: [n_slots, slot_times, channels] of the dtype, and with `missing` one more channel, the share of
// a time's values that is missing; zero outside of the signals.
at::Tensor slot_signals(const SlotBatch& batch, const SlotLevel& level, bool missing, at::ScalarType dtype);

// signals: [n_slots, slot_times, channels], slot_times a multiple of `stride`. Returns [n_slots * slot_times / stride,
// taps * channels]: row r of a slot has its times r * stride - (taps - stride) / 2 and the taps - 1 behind it, zero
// where the slot has none.
at::Tensor slot_frames(const at::Tensor& signals, int64_t taps, int64_t stride);

// [n_rows, n_columns] float: 0 in one stripe of columns and one of rows of every slot, else 1. Drawn from LibTorch's
// generator of the device; the stripes' seed is not looked at. keep: [n_rows] uint8.
at::Tensor slot_stripes(const at::Tensor& keep, int64_t n_slots, int64_t n_columns, const StripeMask& stripes);

}  // namespace gulo
