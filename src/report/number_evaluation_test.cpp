#include "report/number_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "report/number_report.h"

namespace gulo {
namespace {

NumberEvaluation example_of_numbers() {
  return evaluate_numbers(std::vector<double>{1, 2, 3, 4}, std::vector<double>{1, 2, 3, 8}, {"a", "b", "c", "<d>"}, 2);
}

TEST(NumberEvaluation, MeasuresByHand) {
  const NumberEvaluation e = example_of_numbers();
  EXPECT_DOUBLE_EQ(e.rmse, 2);
  EXPECT_DOUBLE_EQ(e.mae, 1);
  EXPECT_DOUBLE_EQ(e.bias, 1);
  EXPECT_DOUBLE_EQ(e.r2, 1 - 4 / 1.25);
  EXPECT_DOUBLE_EQ(e.error, 2 / std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(e.baseline_rmse, std::sqrt(6. / 4));
  EXPECT_DOUBLE_EQ(e.baseline_mae, 1);
  EXPECT_LT(e.rmse_low, e.rmse);
  EXPECT_GT(e.rmse_high, e.rmse);
  ASSERT_EQ(e.misses.size(), 4u);
  EXPECT_EQ(e.misses[0].name, "<d>");
}

TEST(NumberEvaluation, NoItemsAndEqualNumbersAreNull) {
  const auto none = to_json(evaluate_numbers({}, {}, {}, 0));
  for (const char* key : {"rmse", "mae", "r2", "error", "rmse_low"}) EXPECT_TRUE(none[key].is_null()) << key;
  const auto equal = to_json(evaluate_numbers(std::vector<double>{3, 3}, std::vector<double>{3, 4}, {"a", "b"}, 3));
  EXPECT_TRUE(equal["r2"].is_null());
  EXPECT_DOUBLE_EQ(equal["mae"].get<double>(), 0.5);
}

TEST(NumberReport, ShowsItemsAndEscapesNames) {
  const std::string page = number_report("m.gulo", {}, "data.csv", example_of_numbers());
  for (const char* part : {"<svg", "&lt;d&gt;", "RMSE", "recognised as"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("<d>"), std::string::npos);
  EXPECT_EQ(page.find("http"), page.find("http-equiv")) << "nothing is loaded from elsewhere";
  EXPECT_NE(number_report("m.gulo", {}, "x", evaluate_numbers({}, {}, {}, 0)).find("no items"), std::string::npos);
}

}  // namespace
}  // namespace gulo
