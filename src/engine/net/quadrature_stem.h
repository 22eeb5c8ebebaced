// The entrance of signals: strided pairs of filters -> log energy -> layer norm -> linear.
//
// Row r sees the times [r * stride - (taps - stride) / 2, ... + taps) of the packed signal (feed/packed_samples.h), all
// channels. A pair of filters a, b (at first a windowed cosine and sine of one frequency) gives log(a^2 + b^2 + floor),
// which does not depend on the phase; what the filters and the floor are, is learned. Linear stems also give asinh(a)
// and asinh(b), which keep sign and level. The rate of sound is one more input, log2(rate / 8000 Hz).
//
// Learned front ends that compress are worth having, the filters' exact shape is less so: Zeghidour et al. 2021, LEAF
// (arXiv 2101.08596); Schlueter and Gutenbrunner 2022 (arXiv 2404.06702 goes through what moves in training).
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/feed/batch.h"
#include "engine/feed/slot_batch.h"
#include "engine/net/deep_network.h"
#include "model/sample_network_spec.h"

namespace gulo {

// While training, in each entry one stripe of frequencies and one of times is hidden (Park et al. 2019, SpecAugment,
// arXiv 1904.08779), the stripe at most this share of all. The same seed hides the same ones.
struct StripeMask {
  double frequencies = 0;
  double times = 0;
  uint64_t seed = 0;
};

class QuadratureStem {
 public:
  QuadratureStem(const SampleNetworkSpec& spec, at::ScalarType dtype);

  // Puts "stem.filters" ... behind `parameters` and keeps handles to the same tensors.
  void add_parameters(std::vector<Parameter>& parameters, const at::Generator& generator);
  // The constants of stems that keep the level: [channels] each; values become (value - offset) * scale.
  void set_level(const std::vector<float>& offset, const std::vector<float>& scale);

  // keep: [n_rows] uint8, 0 for blank rows. Returns [n_rows, stem_width] of the dtype, blank rows zero.
  at::Tensor forward(const Batch& batch, const at::Tensor& keep, int rows_per_coarse_row,
                     const StripeMask& stripes) const;

  // The same of slots, on the device that the parameters are on (slot_signals.h); keep: of all rows, slot after slot.
  at::Tensor forward_slots(const SlotBatch& batch, const at::Tensor& keep, const StripeMask& stripes) const;

  double forward_flops(int64_t n_rows) const;
  // Times that a row sees before its own stride; behind it is one more where the overhang is odd.
  int overhang() const { return (spec_.taps - spec_.stride) / 2; }

 private:
  at::Tensor prepared_signal(const Batch& batch) const;
  at::Tensor bands_of(const at::Tensor& waves) const;
  at::Tensor columns_of(const at::Tensor& bands, const at::Tensor& waves, const at::Tensor& rates) const;

  SampleNetworkSpec spec_;
  at::ScalarType dtype_;
  at::Tensor filters_, floor_, weight_, bias_, offset_, scale_;
};

// The blank coarse rows that must lie between two items so that neither sees the other.
int gap_rows(const SampleNetworkSpec& spec, int coarse_row_samples);

}  // namespace gulo
