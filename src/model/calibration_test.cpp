#include "model/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

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
  const Calibration c = fit_calibration(some, {}, {});
  EXPECT_EQ(c.wide_scale, 1);
  EXPECT_EQ(c.deep_scale, 0);
}

TEST(Calibration, ErrorCountsRowsWhoseLargestLogitIsAnothers) {
  const std::vector<float> logits{1, 2, 3, 0, 5, 4};
  const std::vector<int> labels{1, 1, 0};
  EXPECT_DOUBLE_EQ(error_fraction(logits, labels), 1.0 / 3);
}

}  // namespace
}  // namespace gulo
