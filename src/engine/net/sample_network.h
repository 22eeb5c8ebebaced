// The deep part for samples (sound and other signals): quadrature stem -> body, pool and head over packed rows.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/feed/packed_samples.h"
#include "engine/net/deep_network.h"
#include "engine/net/quadrature_stem.h"
#include "engine/net/row_body.h"
#include "model/sample_network_spec.h"

namespace gulo {

class SampleNetwork : public DeepNetwork {
 public:
  // Random parameters. Throws Error (kData) where the spec's numbers cannot be a network.
  SampleNetwork(const SampleNetworkSpec& spec, uint64_t seed, at::ScalarType dtype);

  // Of batches of a SamplePacker of this network's shape.
  at::Tensor forward(const Batch& batch, const TrainStep* step) override;
  at::Tensor forward_slots(const SlotBatch& batch, const TrainStep* step) override;
  double forward_flops(const Batch& batch) const override;
  // The windows' logits are combined as data/window_plan.h says, in samples.
  std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) override;
  // Costs count coarse rows, blank ones too.
  double logits_cost(std::span<const ItemView> items, size_t max_windows) const override;
  double batch_cost(const Batch& batch) const override;

  Batch part(const Batch& batch, int64_t begin, int64_t end) const override;
  DeepSpec saved_spec() const override { return spec_; }

  const SampleNetworkSpec& spec() const { return spec_; }
  QuadratureStem& stem() { return stem_; }
  int coarse_row_samples() const { return spec_.stride * body_.rows_per_coarse_row(); }
  // Of batches with so many coarse rows.
  SampleBatchShape batch_shape(int64_t n_coarse_rows) const;
  // The largest share of all filters and of an item's rows that is hidden while training.
  void set_stripes(double frequencies, double times) { stripes_ = {frequencies, times, 0}; }

 private:
  void check_item(const ItemView& item) const;
  at::Tensor slot_logits(const Batch& batch);

  SampleNetworkSpec spec_;
  at::ScalarType dtype_;
  QuadratureStem stem_;
  RowBody body_;
  StripeMask stripes_;
};

}  // namespace gulo
