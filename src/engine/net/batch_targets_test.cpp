#include "engine/net/batch_targets.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

namespace gulo {
namespace {

at::Tensor rows(std::initializer_list<double> values, int64_t n_columns) {
  return at::tensor(values).to(at::kFloat).view({-1, n_columns});
}

// By central differences, in double.
void expect_gradient(const at::Tensor& logits, const BatchTargets& targets, double label_smoothing) {
  at::Tensor x = logits.to(at::kDouble).set_requires_grad(true);
  BatchTargets exact = targets;
  if (targets.task != Task::kLabel) exact.values = targets.values.to(at::kDouble);
  task_loss(x, exact, label_smoothing).backward();
  const at::Tensor flat = x.detach().flatten();
  for (int64_t i = 0; i < flat.numel(); ++i) {
    const auto loss_at = [&](double step) {
      at::Tensor moved = flat.clone();
      moved[i] += step;
      return task_loss(moved.view(x.sizes()), exact, label_smoothing).item<double>();
    };
    EXPECT_NEAR(x.grad().flatten()[i].item<double>(), (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5, 1e-8) << i;
  }
}

TEST(TaskLoss, ValuesByHand) {
  const BatchTargets label{Task::kLabel, at::tensor({1, 0}, at::kLong)};
  EXPECT_NEAR(task_loss(rows({0, 0, 0, 0}, 2), label, 0).item<double>(), std::log(2), 1e-6);
  const BatchTargets labels{Task::kLabels, rows({1, 0}, 2)};
  EXPECT_NEAR(task_loss(rows({2, 0}, 2), labels, 0.1).item<double>(), (std::log1p(std::exp(-2.)) + std::log(2)) / 2,
              1e-6)
      << "labels are not smoothed";
  const BatchTargets number{Task::kNumber, rows({1, -1}, 1)};
  EXPECT_NEAR(task_loss(rows({3, -1}, 1), number, 0.1).item<double>(), 2, 1e-6);
}

TEST(TaskLoss, GradientsAreTheLosses) {
  const at::Tensor logits = rows({0.3, -1, 2, 0.1, 4, -3}, 3);
  expect_gradient(logits, {Task::kLabel, at::tensor({2, 0}, at::kLong)}, 0.1);
  expect_gradient(logits, {Task::kLabels, rows({1, 0, 1, 0, 0, 1}, 3)}, 0);
  expect_gradient(logits.view({6, 1}), {Task::kNumber, rows({1, 0, -2, 0.5, 3, 1}, 1)}, 0);
}

TEST(BatchTargets, FollowTheItems) {
  Corpus corpus;
  corpus.labels = {"a", "b"};
  corpus.item_labels = {0, 1, 0, 1};
  const std::vector<uint32_t> items{3, 0};
  EXPECT_TRUE(batch_targets(corpus, items).values.equal(at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(target_rows(batch_targets(corpus, items), 2).equal(rows({0, 1, 1, 0}, 2)));
  corpus.task = Task::kLabels;
  corpus.label_sets = {{0, 1}, {}, {1}, {}};
  EXPECT_TRUE(batch_targets(corpus, items).values.equal(rows({0, 0, 1, 1}, 2)));
  corpus.task = Task::kNumber;
  corpus.labels = {"number"};
  corpus.numbers = {5, 0, 0, 9};
  corpus.number_unit = {7, 2};
  EXPECT_TRUE(batch_targets(corpus, items).values.equal(rows({1, -1}, 1)));
}

}  // namespace
}  // namespace gulo
