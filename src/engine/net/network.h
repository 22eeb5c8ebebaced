// The deep part for bytes: byte stem -> body, pool and head over packed rows (row_body.h).
//
// A coarse row is coarse_row_bytes() bytes = taps * all downsamplings; items are filled up with ByteStemShape::kPad to
// whole ones.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/net/row_body.h"
#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

class Network {
 public:
  // Random parameters. Throws Error (kData) where the spec's numbers cannot be a network.
  Network(const NetworkSpec& spec, uint64_t seed, at::ScalarType dtype);

  // bytes: [n_coarse_rows * coarse_row_bytes()] int16, values 0..256; item i has the coarse rows [begins[i], ends[i]).
  // n_coarse_rows is a multiple of 16. Returns logits [n_items, n_labels] float.
  at::Tensor forward(const at::Tensor& bytes, const std::vector<int32_t>& begins, const std::vector<int32_t>& ends,
                     const Dropout& dropout = {}) const;

  const NetworkSpec& spec() const { return spec_; }
  at::ScalarType dtype() const { return dtype_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  int64_t n_parameters() const;
  int coarse_row_bytes() const;
  // Floating-point operations of the matrix products of one forward pass; blank rows do no useful work and the stem
  // does none at all.
  double forward_flops(int64_t n_item_rows, int64_t n_items) const;

  // Names are "deep." + the parameter's.
  ParameterBuffers export_parameters() const;
  // Throws Error (kData) naming the tensor that is absent, of the wrong shape or type.
  void import_parameters(const TensorMap& tensors);

 private:
  NetworkSpec spec_;
  at::ScalarType dtype_;
  RowBody body_;
  at::Tensor stem_table_, stem_bias_;
  std::vector<Parameter> parameters_;
};

}  // namespace gulo
