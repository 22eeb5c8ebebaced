#include "engine/train/ridge.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace gulo {
namespace {

// More items than features, and fewer.
class RidgeSizes : public testing::TestWithParam<std::pair<int64_t, int64_t>> {
 protected:
  static constexpr int kLabels = 3;
  RidgeSizes() {
    const auto [n, f] = GetParam();
    Rng rng(1);
    features_ = at::empty({n, f}, at::kFloat);
    for (int64_t i = 0; i < n; ++i) {
      labels_.push_back(static_cast<int>(i % kLabels));
      for (int64_t j = 0; j < f; ++j)
        features_[i][j] =
            rng.uniform() * static_cast<double>(1 + j) + 0.3 * static_cast<double>(i % kLabels == j % kLabels);
    }
    features_.select(1, 2).fill_(7);  // one that all items share
  }

  // The definition: [F, L] weights and [L] offsets by solving the normal equations of the items in `rows`, the features
  // divided by the deviation of `scale_from` (the head's own, also where an item is left out).
  std::pair<at::Tensor, at::Tensor> solve(const at::Tensor& rows, double penalty) const {
    const at::Tensor x = features_.to(at::kDouble), spread = x.std(0, false);
    const double n_varying = (spread > 0).sum().item<double>();
    const at::Tensor scale = at::where(spread > 0, 1 / (spread * std::sqrt(n_varying)), at::zeros_like(spread));
    const at::Tensor z = x.index_select(0, rows) * scale, y = targets().index_select(0, rows);
    const at::Tensor zc = z - z.mean(0), yc = y - y.mean(0);
    const at::Tensor normal = at::mm(zc.t(), zc) + penalty * at::eye(z.size(1), at::kDouble);
    const at::Tensor weights = at::linalg_solve(normal, at::mm(zc.t(), yc));
    return {weights * scale.unsqueeze(1), y.mean(0) - at::mv(weights.t(), z.mean(0))};
  }
  at::Tensor targets() const {
    at::Tensor y = at::full({features_.size(0), kLabels}, -1.0, at::kDouble);
    for (size_t i = 0; i < labels_.size(); ++i) y[static_cast<int64_t>(i)][labels_[i]] = 1.0;
    return y;
  }
  static at::Tensor tensor(const std::vector<float>& values, int64_t n_columns) {
    return at::tensor(values).view({-1, n_columns}).to(at::kDouble);
  }
  static double worst(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

  at::Tensor features_;
  std::vector<int> labels_;
};

TEST_P(RidgeSizes, WeightsAreTheDirectSolution) {
  for (const double penalty : {1e-2, 1.0}) {
    const RidgeFit fit = fit_ridge(features_, labels_, kLabels, std::vector{penalty});
    const auto [weights, offsets] = solve(at::arange(features_.size(0)), penalty);
    EXPECT_LT(worst(tensor(fit.weights, kLabels), weights), 1e-5);
    EXPECT_LT(worst(tensor(fit.offsets, kLabels), offsets), 1e-5);
    EXPECT_EQ(fit.penalty, penalty);
  }
}

TEST_P(RidgeSizes, LeavingOneOutInClosedFormIsLeavingItOut) {
  const double penalty = 0.03;
  const RidgeFit fit = fit_ridge(features_, labels_, kLabels, std::vector{penalty});
  const at::Tensor loo = tensor(fit.loo_logits, kLabels);
  double loss = 0;
  for (int64_t left_out = 0; left_out < features_.size(0); ++left_out) {
    const at::Tensor all = at::arange(features_.size(0));
    const auto [weights, offsets] = solve(all.index({all != left_out}), penalty);
    const at::Tensor answer = at::mv(weights.t(), features_[left_out].to(at::kDouble)) + offsets;
    EXPECT_LT(worst(loo[left_out], answer), 1e-4) << left_out;
    loss += (answer - targets()[left_out]).square().mean().item<double>();
  }
  EXPECT_NEAR(fit.loo_loss, loss / static_cast<double>(features_.size(0)), 1e-6);
}

TEST_P(RidgeSizes, LeavingAGroupOutInClosedFormIsLeavingItOut) {
  const double penalty = 0.03;
  const int64_t n = features_.size(0), n_group = 3;
  const RidgeFit fit = fit_ridge(features_, labels_, kLabels, std::vector{penalty}, n_group);
  const auto [weights, offsets] = solve(at::arange(n - n_group), penalty);
  const at::Tensor answers = at::mm(features_.narrow(0, n - n_group, n_group).to(at::kDouble), weights) + offsets;
  EXPECT_LT(worst(tensor(fit.group_logits, kLabels), answers), 1e-4);
  EXPECT_EQ(fit.weights, fit_ridge(features_, labels_, kLabels, std::vector{penalty}).weights);
}

TEST_P(RidgeSizes, ThePenaltyIsTheOneThatLeavesTheLeastLoss) {
  const std::vector<double> penalties = {1e-6, 1e-2, 1, 100};
  const RidgeFit best = fit_ridge(features_, labels_, kLabels, penalties);
  for (const double penalty : penalties) {
    const RidgeFit fit = fit_ridge(features_, labels_, kLabels, std::vector{penalty});
    EXPECT_LE(best.loo_loss, fit.loo_loss);
    if (penalty == best.penalty) {
      EXPECT_EQ(best.weights, fit.weights);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, RidgeSizes,
                         testing::Values(std::pair<int64_t, int64_t>{20, 50}, std::pair<int64_t, int64_t>{50, 20},
                                         std::pair<int64_t, int64_t>{21, 21}, std::pair<int64_t, int64_t>{4, 700},
                                         std::pair<int64_t, int64_t>{600, 5}));

TEST(RidgeCost, GrowsWithEverything) {
  const RidgeCost small = ridge_cost(100, 1000, 2);
  for (const RidgeCost& more : {ridge_cost(200, 1000, 2), ridge_cost(100, 2000, 2), ridge_cost(100, 1000, 50)}) {
    EXPECT_GT(more.flops, small.flops);
    EXPECT_GE(more.bytes, small.bytes);
  }
}

}  // namespace
}  // namespace gulo
