#include "report/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gulo {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST(Evaluation, CountsAndMeasures) {
  const std::vector<std::string> labels = {"a", "b", "never"};
  const std::vector<float> probabilities = {0.9f, 0.1f, 0,   // a, right
                                            0.2f, 0.8f, 0,   // a, wrong
                                            0.0f, 1.0f, 0,   // b, right
                                            0.6f, 0.4f, 0};  // b, wrong
  const Evaluation e = evaluate(labels, probabilities, std::vector<int>{0, 0, 1, 1}, {"w", "x", "y", "z"});
  EXPECT_DOUBLE_EQ(e.error, 0.5);
  EXPECT_DOUBLE_EQ(e.balanced_error, 0.5);
  EXPECT_DOUBLE_EQ(e.top5_error, 0);
  EXPECT_EQ(e.confusion, (std::vector<std::vector<uint64_t>>{{1, 1, 0}, {1, 1, 0}, {0, 0, 0}}));
  EXPECT_DOUBLE_EQ(e.scores[0].precision(), 0.5);
  EXPECT_DOUBLE_EQ(e.scores[1].recall(), 0.5);
  EXPECT_TRUE(std::isnan(e.scores[2].precision()));
  EXPECT_TRUE(std::isnan(e.scores[2].recall()));
  EXPECT_NEAR(e.nll, -(std::log(0.9) + std::log(0.2) + std::log(1.0) + std::log(0.4)) / 4, 1e-6);
  EXPECT_NEAR(e.ece, (0.1 + 0.8 + 0.0 + 0.6) / 4, 1e-6);  // every item in a bin of its own
  ASSERT_EQ(e.mistakes.size(), 2u);
  EXPECT_EQ(e.mistakes[0].name, "x");
  EXPECT_EQ(e.mistakes[0].label, 0);
  EXPECT_EQ(e.mistakes[0].predicted, 1);
  EXPECT_NEAR(e.mistakes[1].probability, 0.6, 1e-6);
}

// Newcombe (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
TEST(Evaluation, WilsonIntervalAsPublished) {
  struct Case {
    size_t n_wrong, n_items;
    double low, high;
  };
  for (const Case& c : {Case{81, 263, 0.2553, 0.3662}, Case{15, 148, 0.0624, 0.1605}, Case{0, 20, 0, 0.1611},
                        Case{1, 29, 0.0061, 0.1718}, Case{29, 29, 0.8830, 1}}) {
    std::vector<float> probabilities;
    for (size_t i = 0; i < c.n_items; ++i) {
      probabilities.push_back(i < c.n_wrong ? 0 : 1);
      probabilities.push_back(i < c.n_wrong ? 1 : 0);
    }
    const Evaluation e =
        evaluate({"a", "b"}, probabilities, std::vector<int>(c.n_items, 0), std::vector<std::string>(c.n_items));
    EXPECT_NEAR(e.error_low, c.low, 5e-5) << c.n_wrong << " of " << c.n_items;
    EXPECT_NEAR(e.error_high, c.high, 5e-5) << c.n_wrong << " of " << c.n_items;
  }
}

TEST(Evaluation, BinsShareTheirItems) {
  // Three items with confidence near 0.7 (one bin of 15), two of them right: |2/3 - 0.7|.
  const std::vector<float> probabilities = {0.70f, 0.30f, 0.69f, 0.31f, 0.71f, 0.29f};
  const Evaluation e = evaluate({"a", "b"}, probabilities, std::vector<int>{0, 0, 1}, {"x", "y", "z"});
  ASSERT_EQ(e.reliability.size(), 15u);
  EXPECT_EQ(e.reliability[10].n_items, 3u);
  EXPECT_NEAR(e.reliability[10].mean_confidence, 0.70, 1e-6);
  EXPECT_NEAR(e.reliability[10].accuracy, 2.0 / 3, 1e-12);
  EXPECT_NEAR(e.ece, 0.7 - 2.0 / 3, 1e-6);
}

TEST(Evaluation, TopFiveAndTies) {
  const std::vector<std::string> labels = {"0", "1", "2", "3", "4", "5", "6"};
  const std::vector<float> equal(14,
                                 1.0f / 7);  // the first label wins; the sixth and later are not among the first five
  const Evaluation e = evaluate(labels, equal, std::vector<int>{4, 5}, {"x", "y"});
  EXPECT_EQ(e.confusion[4][0], 1u);
  EXPECT_DOUBLE_EQ(e.top5_error, 0.5);
}

TEST(Evaluation, BalancedErrorWeighsLabelsAlike) {
  const std::vector<float> probabilities = {1, 0, 1, 0, 1, 0, 1, 0};
  const Evaluation e = evaluate({"a", "b"}, probabilities, std::vector<int>{0, 0, 0, 1}, {"w", "x", "y", "z"});
  EXPECT_DOUBLE_EQ(e.error, 0.25);
  EXPECT_DOUBLE_EQ(e.balanced_error, 0.5);
}

TEST(Evaluation, BrokenProbabilitiesSpoilNothing) {
  const std::vector<float> probabilities = {kNaN, kNaN, 0, 1, kNaN, 0.5f};
  const Evaluation e = evaluate({"a", "b"}, probabilities, std::vector<int>{1, 1, 1}, {"x", "y", "z"});
  EXPECT_NEAR(e.error, 1.0 / 3, 1e-12);
  EXPECT_TRUE(std::isfinite(e.nll));
  EXPECT_TRUE(std::isfinite(e.ece));
}

TEST(Evaluation, KeepsTheSurestFiftyMistakes) {
  std::vector<float> probabilities;
  for (int i = 0; i < 80; ++i) probabilities.insert(probabilities.end(), {0.5f - 0.005f * i, 0.5f + 0.005f * i});
  const Evaluation e = evaluate({"a", "b"}, probabilities, std::vector<int>(80, 0), std::vector<std::string>(80, "x"));
  ASSERT_EQ(e.mistakes.size(), 50u);
  EXPECT_NEAR(e.mistakes.front().probability, 0.895, 1e-6);
  EXPECT_NEAR(e.mistakes.back().probability, 0.65, 1e-6);
}

TEST(Evaluation, JsonHasNullsWhereThereIsNothing) {
  const nlohmann::json none = to_json(evaluate({"a", "caf\xE9"}, {}, {}, {}));
  for (const char* key : {"error", "error_low", "error_high", "balanced_error", "top5_error", "ece", "nll"})
    EXPECT_TRUE(none.at(key).is_null()) << key;
  EXPECT_EQ(none.at("n_items"), 0);
  EXPECT_TRUE(none.at("per_label").at(1).at("recall").is_null());
  EXPECT_EQ(none.at("labels").at(1), "caf\\xe9");
  EXPECT_NO_THROW(none.dump());

  const nlohmann::json one =
      to_json(evaluate({"a", "b"}, std::vector<float>{0.75f, 0.25f}, std::vector<int>{0}, {"x"}));
  EXPECT_EQ(one.at("error"), 0.0);
  EXPECT_EQ(one.at("ece"), 0.25);
  EXPECT_EQ(one.at("confusion"), (nlohmann::json{{1, 0}, {0, 0}}));
}

}  // namespace
}  // namespace gulo
