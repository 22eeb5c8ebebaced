#include "engine/train/ridge.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

namespace gulo {

namespace {

constexpr int64_t kBlock = 512;  // rows or columns that are made double at a time

std::vector<float> to_floats(const at::Tensor& values) {
  const at::Tensor flat = values.to(at::kFloat).contiguous();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

// [n_items, n_outputs] double.
at::Tensor ridge_targets(const Targets& targets) {
  const auto n = static_cast<int64_t>(targets.n_items()), n_outputs = static_cast<int64_t>(targets.n_outputs);
  if (targets.task == Task::kLabel) {
    const at::Tensor index = at::empty({n, 1}, at::kLong);
    std::ranges::copy(targets.labels, index.mutable_data_ptr<int64_t>());
    return at::full({n, n_outputs}, -1.0, at::kDouble).scatter_(1, index, 1.0);
  }
  const at::Tensor values = at::tensor(targets.values).to(at::kDouble).view({n, n_outputs});
  return targets.task == Task::kLabels ? 2 * values - 1 : values;
}

// Z: the features [n, F], centred and scaled so that the squares of a row sum to about 1. With Z Z' = U E U' or
// Z' Z = V E V', the matrix P = U sqrt(E) = Z V holds all that the fits of any penalty a need:
// fit = P (E + a)^-1 P' Y, and the diagonal of the hat matrix is P^2 (E + a)^-1.
class Ridge {
 public:
  Ridge(const at::Tensor& features, const at::Tensor& targets)
      : features_(features), n_(features.size(0)), n_features_(features.size(1)), targets_(targets) {
    target_mean_ = targets_.mean(0);
    measure_columns();
    if (n_ <= n_features_)
      decompose_items();
    else
      decompose_features();
    values_ = values_.clamp_min(0);
  }

  RidgeFit best_of(std::span<const double> penalties, int64_t n_group) const {
    const std::vector<double> losses = loo_losses(penalties);
    const auto best = std::min_element(losses.begin(), losses.end());
    RidgeFit fit;
    fit.loo_loss = *best;
    fit.penalty = penalties[static_cast<size_t>(best - losses.begin())];
    std::vector<at::Tensor> rows;
    for (int64_t i = 0; i < n_; i += kBlock) rows.push_back(loo(i, project(i), fit.penalty));
    fit.loo_logits = to_floats(at::cat(rows));
    if (n_group > 0) fit.group_logits = to_floats(leave_group(n_group, fit.penalty));
    const at::Tensor weights = weights_of(fit.penalty) * scale_.unsqueeze(1);
    fit.weights = to_floats(weights);
    fit.offsets = to_floats(target_mean_ - at::mv(weights.t(), centre_));
    return fit;
  }

 private:
  void measure_columns() {
    std::vector<at::Tensor> centres, spreads;
    for (int64_t f = 0; f < n_features_; f += kBlock) {
      const at::Tensor part = features_.narrow(1, f, std::min(kBlock, n_features_ - f)).to(at::kDouble);
      centres.push_back(part.mean(0));
      spreads.push_back(part.std(0, /*unbiased=*/false));
    }
    centre_ = at::cat(centres);
    const at::Tensor spread = at::cat(spreads);
    const at::Tensor varies = spread > 1e-9;  // what all items share says nothing
    const double n_varying = std::max(1.0, varies.sum().item<double>());
    scale_ = at::where(varies, 1 / (spread.clamp_min(1e-9) * std::sqrt(n_varying)), at::zeros_like(spread));
  }

  at::Tensor columns(int64_t f) const {
    const int64_t n = std::min(kBlock, n_features_ - f);
    return (features_.narrow(1, f, n).to(at::kDouble) - centre_.narrow(0, f, n)) * scale_.narrow(0, f, n);
  }
  at::Tensor rows(int64_t i) const {
    return (features_.narrow(0, i, std::min(kBlock, n_ - i)).to(at::kDouble) - centre_) * scale_;
  }

  void decompose_items() {
    at::Tensor gram = at::zeros({n_, n_}, at::kDouble);
    for (int64_t f = 0; f < n_features_; f += kBlock) {
      const at::Tensor z = columns(f);
      gram.addmm_(z, z.t());
    }
    std::tie(values_, vectors_) = at::linalg_eigh(gram);
    projected_ = vectors_ * values_.clamp_min(0).sqrt();
    projected_targets_ = at::mm(projected_.t(), targets_ - target_mean_);
  }

  void decompose_features() {
    at::Tensor gram = at::zeros({n_features_, n_features_}, at::kDouble);
    at::Tensor feature_targets = at::zeros({n_features_, targets_.size(1)}, at::kDouble);
    for (int64_t i = 0; i < n_; i += kBlock) {
      const at::Tensor z = rows(i);
      gram.addmm_(z.t(), z);
      feature_targets.addmm_(z.t(), targets_.narrow(0, i, z.size(0)) - target_mean_);
    }
    std::tie(values_, vectors_) = at::linalg_eigh(gram);
    projected_targets_ = at::mm(vectors_.t(), feature_targets);
  }

  // P of a block of items from i on.
  at::Tensor project(int64_t i) const {
    return projected_.defined() ? projected_.narrow(0, i, std::min(kBlock, n_ - i)) : at::mm(rows(i), vectors_);
  }

  // Leave-one-out answers of a block of items: the residual of the whole fit, divided by what the item itself pulls.
  at::Tensor loo(int64_t i, const at::Tensor& projected, double penalty) const {
    const at::Tensor inverse = 1 / (values_ + penalty);
    const at::Tensor targets = targets_.narrow(0, i, projected.size(0));
    const at::Tensor fit = at::mm(projected, projected_targets_ * inverse.unsqueeze(1)) + target_mean_;
    const at::Tensor pull = at::mv(projected.square(), inverse) + 1.0 / static_cast<double>(n_);
    return targets - (targets - fit) / (1 - pull).clamp_min(1e-12).unsqueeze(1);
  }

  // The same for the last items together: their residuals, divided by what they pull at one another.
  at::Tensor leave_group(int64_t n_group, double penalty) const {
    const int64_t first = n_ - n_group;
    std::vector<at::Tensor> parts;
    for (int64_t i = first; i < n_; i += kBlock) parts.push_back(project(i));
    const at::Tensor projected = at::cat(parts), inverse = (1 / (values_ + penalty)).unsqueeze(1);
    const at::Tensor targets = targets_.narrow(0, first, n_group);
    const at::Tensor fit = at::mm(projected, projected_targets_ * inverse) + target_mean_;
    const at::Tensor pull = at::mm(projected, inverse * projected.t()) + 1.0 / static_cast<double>(n_);
    return targets - at::linalg_solve(at::eye(n_group, at::kDouble) - pull, targets - fit);
  }

  std::vector<double> loo_losses(std::span<const double> penalties) const {
    std::vector<double> losses(penalties.size());
    for (int64_t i = 0; i < n_; i += kBlock) {
      const at::Tensor projected = project(i);
      for (size_t a = 0; a < penalties.size(); ++a) {
        const at::Tensor miss = loo(i, projected, penalties[a]) - targets_.narrow(0, i, projected.size(0));
        losses[a] += miss.square().sum().item<double>() / static_cast<double>(targets_.numel());
      }
    }
    return losses;
  }

  // [n_features, n_labels] for Z.
  at::Tensor weights_of(double penalty) const {
    const at::Tensor inverse = (1 / (values_ + penalty)).unsqueeze(1);
    if (!projected_.defined()) return at::mm(vectors_, inverse * projected_targets_);
    const at::Tensor dual = at::mm(vectors_, inverse * at::mm(vectors_.t(), targets_ - target_mean_));
    std::vector<at::Tensor> parts;
    for (int64_t f = 0; f < n_features_; f += kBlock) parts.push_back(at::mm(columns(f).t(), dual));
    return at::cat(parts);
  }

  at::Tensor features_;
  int64_t n_, n_features_;
  at::Tensor targets_, target_mean_, centre_, scale_;
  at::Tensor values_, vectors_;   // E; U or V
  at::Tensor projected_;          // P, where it was cheap to keep
  at::Tensor projected_targets_;  // P' (Y - mean)
};

}  // namespace

RidgeFit fit_ridge(const at::Tensor& features, const Targets& targets, std::span<const double> penalties,
                   int64_t n_group) {
  const at::NoGradGuard no_grad;
  return Ridge(features, ridge_targets(targets)).best_of(penalties, n_group);
}

RidgeFit fit_ridge(const at::Tensor& features, std::span<const int> item_labels, int n_labels,
                   std::span<const double> penalties, int64_t n_group) {
  return fit_ridge(features, label_targets(item_labels, static_cast<size_t>(n_labels)), penalties, n_group);
}

RidgeCost ridge_cost(size_t n_items, size_t n_features, size_t n_labels) {
  const auto n = static_cast<double>(n_items), f = static_cast<double>(n_features), l = static_cast<double>(n_labels);
  const double m = std::min(n, f);
  // Tridiagonal form, eigenvectors and their transformation back take 4/3, 4/3 to 4 and 2 m^3, half of it bound by
  // memory.
  const double gram = 2 * n * f * m, decomposition = 12 * m * m * m, penalties = 2 * 20 * n * m * l;
  const double projection = n > f ? 4 * n * f * f : 0;
  return {gram + decomposition + penalties + projection, 8 * (4 * m * (m + kBlock) + 4 * n * l)};
}

}  // namespace gulo
