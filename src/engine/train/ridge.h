// Ridge regression on labels, one against the rest, in closed form, with the penalty that leaves the least square error
// in leaving one out (Rifkin and Lippert 2007; scikit-learn's RidgeClassifierCV does the same).
//
// Every feature is taken less its mean and over its standard deviation, inside the head: the weights that come out are
// for features as they are. The offset is not penalised. Where there are fewer items than features, the matrix that is
// decomposed is [n_items, n_items], else [n_features, n_features]: in double, by LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "data/targets.h"

namespace gulo {

struct RidgeFit {
  std::vector<float> weights;  // [n_features, n_labels]
  std::vector<float> offsets;  // [n_labels]
  // [n_items, n_labels]: of each item by a fit to all others, the scale of the features kept.
  std::vector<float> loo_logits;
  std::vector<float> group_logits;  // [n_group, n_labels]: of the last items by a fit to all but these
  double penalty = 0;               // the chosen one, for the mean over features of the squared weights
  double loo_loss = 0;              // mean square
};

// features: float [n_items, n_features], n_items >= 2; the target of a label is 1 for its items and -1 for all others,
// that of a number the number.
// n_group < n_items: so many items at the end are, besides, left out together; with the same penalty.
// Memory: that of the features once more in parts, and about 4 of the decomposed matrix.
RidgeFit fit_ridge(const at::Tensor& features, const Targets& targets, std::span<const double> penalties,
                   int64_t n_group = 0);
// One label an item.
RidgeFit fit_ridge(const at::Tensor& features, std::span<const int> item_labels, int n_labels,
                   std::span<const double> penalties, int64_t n_group = 0);

// What fit_ridge takes.
struct RidgeCost {
  double flops = 0, bytes = 0;
};
RidgeCost ridge_cost(size_t n_items, size_t n_features, size_t n_labels);

}  // namespace gulo
