#include "report/labels_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/labels_report.h"

namespace gulo {
namespace {

const std::vector<std::string> kLabels{"a", "b", "<c>"};

// a: right, missed, right; b: right, wrongly given, -; c: nowhere.
LabelsEvaluation example() {
  return evaluate_labels(kLabels, std::vector<float>{0.9f, 0.8f, 0, 0.4f, 0.6f, 0, 0.5f, 0.1f, 0},
                         std::vector<float>{1, 1, 0, 1, 0, 0, 1, 0, 0}, {"x", "y", "z"});
}

TEST(LabelsEvaluation, MeasuresByHand) {
  const LabelsEvaluation e = example();
  EXPECT_DOUBLE_EQ(e.micro_f1, 2 * 3 / 8.);  // 3 right, 4 had, 4 given
  EXPECT_DOUBLE_EQ(e.macro_f1, (2 * 2 / 5. + 2 * 1 / 3.) / 2);
  EXPECT_DOUBLE_EQ(e.exact_match, 2 / 3.);
  EXPECT_DOUBLE_EQ(e.hamming_loss, 2 / 9.);
  EXPECT_DOUBLE_EQ(e.labels_per_item, 4 / 3.);
  EXPECT_DOUBLE_EQ(e.given_per_item, 4 / 3.);
  EXPECT_DOUBLE_EQ(e.scores[0].recall(), 2 / 3.);
  EXPECT_DOUBLE_EQ(e.scores[1].precision(), 0.5);
  EXPECT_TRUE(std::isnan(e.scores[2].f1()));
  EXPECT_LE(e.micro_f1_low, e.micro_f1);
  EXPECT_GE(e.micro_f1_high, e.micro_f1);
  ASSERT_EQ(e.mistakes.size(), 1u);
  EXPECT_EQ(e.mistakes[0].name, "y");
  EXPECT_EQ(e.mistakes[0].labels, std::vector<int>{0});
  EXPECT_EQ(e.mistakes[0].predicted, std::vector<int>{1});
}

// Wanted at ranks 1 and 3 of four: (1/1 + 2/3) / 2. Of equal probabilities none is first.
TEST(LabelsEvaluation, AveragePrecision) {
  const auto of = [](const std::vector<float>& probabilities, const std::vector<float>& wanted) {
    return evaluate_labels({"a"}, probabilities, wanted, std::vector<std::string>(wanted.size()))
        .mean_average_precision;
  };
  EXPECT_DOUBLE_EQ(of({0.9f, 0.2f, 0.7f, 0.5f}, {1, 0, 0, 1}), (1 + 2 / 3.) / 2);
  EXPECT_DOUBLE_EQ(of({0.5f, 0.5f, 0.5f, 0.5f}, {1, 0, 0, 1}), 0.5);
  EXPECT_TRUE(std::isnan(of({0.5f}, {0})));
}

TEST(LabelsEvaluation, NothingHadAndNothingGivenIsRight) {
  EXPECT_DOUBLE_EQ(evaluate_labels({"a"}, std::vector<float>{NAN}, std::vector<float>{0}, {"x"}).micro_f1, 1);
  const auto none = to_json(evaluate_labels(kLabels, {}, {}, {}));
  for (const char* key : {"micro_f1", "macro_f1", "exact_match", "error"}) EXPECT_TRUE(none[key].is_null()) << key;
}

TEST(LabelsReport, ShowsLabelsAndEscapesThem) {
  const std::string page = labels_report("m.gulo", {}, "data.csv", example());
  for (const char* part : {"micro F1", "&lt;c&gt;", "Its worst items"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("<c>"), std::string::npos);
  EXPECT_NE(labels_report("m.gulo", {}, "x", evaluate_labels(kLabels, {}, {}, {})).find("no items"), std::string::npos);
}

}  // namespace
}  // namespace gulo
