// A batch for a device: every entry has a slot of one size, so that no shape depends on the data and a CUDA graph can
// hold a step. What a slot has no values for is blank, and blank in every layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gulo {

// What `values` holds is between a kind's slots and its network:
//   bytes   int16 [n_slots * slot_rows * coarse_row_bytes]; uint8 [n_slots * slot_rows], 0 for blank coarse rows: each
//           slot has one at least that is not
//   pixels  float [n_slots, side, side, channels], 0 to 1, zero outside of the picture; int32 [n_slots, 2], heights and
//           widths, undefined where every slot is full
//   samples float [n_slots, slot_rows * coarse_row_samples, channels], raw, zero outside of the signal; int32 [n_slots,
//           3]: first time, number of times, number of channels; float [n_slots]: rate_value() (packed_samples.h)
//   cells   in the order of cell_batch.h: float [n_slots, n_numbers]; int32 [n_slots, slot_ids], ids, any behind a
//           slot's own; float [n_slots, slot_ids], their shares, 0 behind a slot's own; int32 [n_slots, n_lookups],
//           where in the slot's ids each sum's begin; and int64 [n_slots], the item: slots of one item are not compared
struct SlotBatch {
  std::vector<at::Tensor> values;
  int64_t n_slots = 0;
};

}  // namespace gulo
