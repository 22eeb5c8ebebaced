// Rows of cells -> one vector of features a row.
//
// A number becomes bends and waves. The bends: between two neighbouring knots a feature goes from 0 to 1 (piecewise
// linear encoding, Gorishniy et al. 2022, arXiv 2203.05556), so the next layer's map of the number may bend at every
// knot. The knots are set from the training rows' quantiles and stay; their mean is the number's place among the
// training rows, 0 to 1, and the waves are sines and cosines of that at learned frequencies. A number that is missing
// has no bends, a feature of its own instead, and the waves of place 0. Infinite and huge numbers are those at the
// nearest end. Whole cells and n-grams name hashed rows of an embedding; rows that the training rows name seldom are
// left out (known = 0).
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/feed/cell_batch.h"
#include "engine/net/deep_network.h"
#include "model/cell_network_spec.h"

namespace gulo {

class CellStem {
 public:
  CellStem(const CellNetworkSpec& spec, at::Generator generator);

  void add_parameters(std::vector<Parameter>& parameters) const;
  // [n, width()] float of a batch of cell_batch() with this layout.
  at::Tensor forward(const Batch& batch) const;

  // What is known of the columns before training: knots [n_numbers, n_knots], ascending and finite, equal ones at the
  // end where there are fewer; known [2^log2_rows], 1 or 0.
  void begin_with(const at::Tensor& knots, const at::Tensor& known);

  const CellLayout& layout() const { return layout_; }
  int64_t width() const;
  // Columns of a first weight matrix over the features are alike in what they do where they are of about this
  // deviation, [width()]: the further a number goes the more bends it passes.
  at::Tensor weight_deviations() const;

 private:
  at::Tensor place_features(const at::Tensor& numbers) const;
  at::Tensor lookups(const Batch& batch) const;

  CellLayout layout_;
  at::Tensor knots_, frequencies_, table_, known_;
};

CellLayout cell_layout(const CellNetworkSpec& spec);

}  // namespace gulo
