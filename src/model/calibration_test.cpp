#include "model/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/rng.h"

namespace gulo {
namespace {

// Labels drawn from softmax(truth); `scale` x truth are the logits a part would give.
struct Drawn {
  std::vector<float> logits;
  std::vector<int> item_labels;
};
Drawn draw(size_t n, int n_labels, float scale) {
  Rng rng(3);
  Drawn drawn;
  for (size_t i = 0; i < n; ++i) {
    std::vector<double> truth(static_cast<size_t>(n_labels));
    double sum = 0;
    for (auto& t : truth) sum += std::exp(t = 6 * rng.uniform() - 3);
    double left = rng.uniform() * sum;
    int label = 0;
    while (label + 1 < n_labels && (left -= std::exp(truth[static_cast<size_t>(label)])) > 0) ++label;
    drawn.item_labels.push_back(label);
    for (const double t : truth) drawn.logits.push_back(static_cast<float>(t) * scale);
  }
  return drawn;
}

TEST(Calibration, FindsTheTemperature) {
  const Drawn d = draw(4000, 5, 4.0f);
  const Calibration c = fit_calibration(d.logits, {}, d.item_labels);
  EXPECT_NEAR(c.wide_scale, 0.25, 0.02);
  EXPECT_EQ(c.deep_scale, 0);
}

TEST(Calibration, GivesNoiseNoWeight) {
  const Drawn d = draw(4000, 5, 1.0f);
  std::vector<float> opposite(d.logits);
  for (float& v : opposite) v = -v;
  const Calibration c = fit_calibration(opposite, d.logits, d.item_labels);
  EXPECT_NEAR(c.deep_scale - c.wide_scale, 1.0, 0.1);
  EXPECT_EQ(fit_calibration(opposite, {}, d.item_labels).wide_scale, 0);
}

TEST(Calibration, NeverRaisesTheLikelihoodLoss) {
  const Drawn d = draw(300, 9, 0.3f), other = draw(300, 9, 7.0f);
  const double before = negative_log_likelihood(combine_logits({1, 1}, d.logits, other.logits), d.item_labels);
  const Calibration c = fit_calibration(d.logits, other.logits, d.item_labels);
  EXPECT_LT(negative_log_likelihood(combine_logits(c, d.logits, other.logits), d.item_labels), before);
}

TEST(Calibration, IsNotCertainWhereNothingWentWrong) {
  std::vector<float> logits;
  for (int i = 0; i < 50; ++i) logits.insert(logits.end(), {0.1f, 0.0f});
  const std::vector<int> labels(50, 0);
  const double scale = fit_calibration(logits, {}, labels).wide_scale;
  EXPECT_NEAR(1 / (1 + std::exp(-0.1 * scale)), 51.0 / 52, 1e-3);
}

TEST(Calibration, OnlyMoreThanChanceIsAnImprovement) {
  const Drawn d = draw(400, 4, 1.0f);
  const std::vector<float> nothing(d.logits.size(), 0.0f);
  EXPECT_TRUE(improves_likelihood(nothing, d.logits, d.item_labels));
  EXPECT_FALSE(improves_likelihood(d.logits, nothing, d.item_labels));
  EXPECT_FALSE(improves_likelihood(d.logits, d.logits, d.item_labels));
  std::vector<float> shaken(d.logits);
  Rng rng(8);
  for (float& v : shaken) v += static_cast<float>(0.1 * (rng.uniform() - 0.5));
  EXPECT_FALSE(improves_likelihood(d.logits, shaken, d.item_labels)) << "noise";
}

TEST(Calibration, WithoutItemsThePartsThatAreThereCount) {
  const std::vector<float> some{1, 2};
  const Calibration c = fit_calibration(some, {}, std::vector<int>());
  EXPECT_EQ(c.wide_scale, 1);
  EXPECT_EQ(c.deep_scale, 0);
}

TEST(Calibration, ErrorCountsRowsWhoseLargestLogitIsAnothers) {
  const std::vector<float> logits{1, 2, 3, 0, 5, 4};
  const std::vector<int> labels{1, 1, 0};
  EXPECT_DOUBLE_EQ(error_fraction(logits, labels), 1.0 / 3);
}

// 90 items of label 0, 10 of label 1; a number drawn from a normal distribution around -1 or 1 tells of which.
TEST(Calibration, BalancedOffsetsAnswerAsIfAllLabelsWereAsFrequent) {
  std::mt19937 generator(6);
  std::normal_distribution<double> normal;
  std::vector<float> logits;
  std::vector<int> labels;
  for (int i = 0; i < 4000; ++i) {
    labels.push_back(i % 10 == 0 ? 1 : 0);
    const double x = normal(generator) + (labels.back() == 1 ? 1 : -1);
    logits.insert(logits.end(), {0, static_cast<float>(2 * x - std::log(9.0))});  // its posterior's log-odds
  }
  const Targets targets = label_targets(labels, 2);
  const std::vector<size_t> counts{3600, 400};
  const Calibration plain{1, 0, {}}, balanced{1, 0, balancing_offsets(counts)};
  EXPECT_EQ(balanced.label_offsets[0], 0);
  EXPECT_NEAR(balanced.label_offsets[1], std::log(9.0), 1e-9);
  const auto before = combine_logits(plain, logits, {}), after = combine_logits(balanced, logits, {});
  EXPECT_NEAR(balanced_error(after, targets), 0.159, 0.02);  // of two normal distributions two deviations apart
  EXPECT_GT(balanced_error(before, targets), 0.25);
  EXPECT_LT(answer_error(before, targets), answer_error(after, targets));
}

// Labels drawn from a sigmoid of `truth` each.
TEST(Calibration, FindsTheTemperatureOfSetsOfLabels) {
  Rng rng(4);
  Targets targets{.task = Task::kLabels, .n_outputs = 3, .labels = {}, .values = {}};
  std::vector<float> logits;
  for (size_t i = 0; i < 6000; ++i) {
    const double truth = 6 * rng.uniform() - 3;
    targets.values.push_back(rng.uniform() < 1 / (1 + std::exp(-truth)) ? 1.0f : 0.0f);
    logits.push_back(static_cast<float>(4 * truth));
  }
  EXPECT_NEAR(fit_calibration(logits, {}, targets).wide_scale, 0.25, 0.02);
}

TEST(Calibration, NumbersGetTheLeastSquares) {
  Rng rng(5);
  Targets targets{.task = Task::kNumber, .n_outputs = 1, .labels = {}, .values = {}};
  std::vector<float> wide, deep, noise;
  for (size_t i = 0; i < 2000; ++i) {
    wide.push_back(static_cast<float>(rng.uniform() - 0.5));
    deep.push_back(static_cast<float>(rng.uniform() - 0.5));
    noise.push_back(static_cast<float>(rng.uniform() - 0.5));
    targets.values.push_back(0.5f * wide.back() + 2 * deep.back());
  }
  const Calibration both = fit_calibration(wide, deep, targets);
  EXPECT_NEAR(both.wide_scale, 0.5, 1e-4);
  EXPECT_NEAR(both.deep_scale, 2, 1e-4);
  const auto sum = combine_logits(both, wide, deep);
  EXPECT_LT(answer_error(sum, targets), 1e-3);
  EXPECT_TRUE(improves(noise, sum, targets));
  EXPECT_FALSE(improves(sum, sum, targets));
}

TEST(AnswerError, ByHand) {
  const Targets sets{.task = Task::kLabels, .n_outputs = 2, .labels = {}, .values = {1, 0, 1, 1}};
  EXPECT_DOUBLE_EQ(answer_error(std::vector<float>{2, 1, -1, 3}, sets), 1 - 2 * 2 / 6.);
  EXPECT_DOUBLE_EQ(answer_error(std::vector<float>{-1, -1, -1, -1}, sets), 1);
  const Targets numbers{.task = Task::kNumber, .n_outputs = 1, .labels = {}, .values = {-1, 1}};
  EXPECT_DOUBLE_EQ(answer_error(std::vector<float>{0, 0}, numbers), 1);
  EXPECT_DOUBLE_EQ(answer_error(std::vector<float>{-1, 0}, numbers), std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(mean_loss(std::vector<float>{-1, 0}, numbers), 0.5);
}

}  // namespace
}  // namespace gulo
