// The deep part for bytes: byte stem -> body, pool and head over packed rows (row_body.h).
//
// A coarse row is coarse_row_bytes() bytes = taps * all downsamplings; items are filled up with ByteStemShape::kPad to
// whole ones. A batch's one value is its bytes, [n_coarse_rows * coarse_row_bytes()] int16, values 0..256
// (engine/feed/packed_batch.h); entry i has the coarse rows [begins[i], ends[i]); n_coarse_rows is a multiple of 16.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/net/row_body.h"
#include "model/spec.h"

namespace gulo {

class ByteNetwork : public DeepNetwork {
 public:
  // Random parameters. Throws Error (kData) where the spec's numbers cannot be a network.
  ByteNetwork(const ByteNetworkSpec& spec, uint64_t seed, at::ScalarType dtype);

  at::Tensor forward(const Batch& batch, const TrainStep* step) override;
  at::Tensor forward_slots(const SlotBatch& batch, const TrainStep* step) override;
  // Blank rows do no useful work, and the stem does none at all.
  double forward_flops(const Batch& batch) const override;
  // Items longer than the spec's window_bytes are cut into windows (data/window_plan.h).
  std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) override;
  double logits_cost(std::span<const ItemView> items, size_t max_windows) const override;
  double batch_cost(const Batch& batch) const override { return static_cast<double>(batch.n_item_rows); }

  Batch part(const Batch& batch, int64_t begin, int64_t end) const override;
  DeepSpec saved_spec() const override { return spec_; }

  const ByteNetworkSpec& spec() const { return spec_; }
  at::ScalarType dtype() const { return dtype_; }
  int coarse_row_bytes() const { return spec_.taps * body_.rows_per_coarse_row(); }
  // Of one forward pass over so many coarse rows that are not blank.
  double forward_flops(int64_t n_item_rows, int64_t n_items) const { return body_.forward_flops(n_item_rows, n_items); }

 private:
  std::vector<float> slot_logits(std::span<const ItemView> items, size_t max_windows);

  ByteNetworkSpec spec_;
  at::ScalarType dtype_;
  RowBody body_;
  at::Tensor stem_table_, stem_bias_;
};

}  // namespace gulo
