// A batch for a device: every entry has a slot of one size, so that no shape depends on the data and a CUDA graph can
// hold a step. What a slot has no values for is padding, and blank in every layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gulo {

struct SlotBatch {
  at::Tensor
      values;       // between a kind's slots and its network; of bytes: int16 [n_slots * slot_rows * coarse_row_bytes]
  at::Tensor keep;  // uint8 [n_slots * slot_rows]: 0 for blank coarse rows; each slot has one at least that is not
  int64_t n_slots = 0;
};

}  // namespace gulo
