// The deep part: byte stem -> stages of residual blocks -> pooling over each item's rows -> linear head.
//
// A batch is packed: the items' bytes lie one after the other, without padding to a common length. The unit of packing
// is the coarse row, coarse_row_bytes() bytes = taps * all downsamplings: items start on one, are filled up with
// ByteStemShape::kPad to whole ones, and are kept apart by at least one blank one. Blank rows are zero in every layer
// and pooling knows each item's rows, so an item's logits do not depend on what else is in the batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/deep_network.h"
#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

// Dropout of the pooled features while training. The same seed drops the same ones.
struct Dropout {
  double rate = 0;
  uint64_t seed = 0;
};

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
  at::Tensor& add(const std::string& name, at::Tensor value, bool hidden_matrix = false);
  const at::Tensor& get(const std::string& name) const;

  NetworkSpec spec_;
  at::ScalarType dtype_;
  std::vector<Parameter> parameters_;
};

}  // namespace gulo
