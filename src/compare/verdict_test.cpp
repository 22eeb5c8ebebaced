#include "compare/verdict.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "compare/comparison_page.h"
#include "compare/comparison_table.h"

namespace gulo {
namespace {

// 1,000 items of label 0, wrong on [first, first + n_wrong).
Contestant contestant(const std::string& name, size_t first, size_t n_wrong) {
  Contestant c;
  c.name = name;
  c.answers.assign(1000, 0);
  std::fill_n(c.answers.begin() + static_cast<std::ptrdiff_t>(first), n_wrong, 1);
  return c;
}

Comparison comparison(size_t gulo_wrong, size_t rival_wrong) {
  Comparison c;
  c.data = "mails <1>";
  c.budget_s = 60;
  c.laid.rival_kind = "text";
  c.laid.labels = {"ham", "spam"};
  c.laid.truth.assign(1000, 0);
  c.contestants = {contestant("gulo", 0, gulo_wrong), contestant("NB-SVM", 500, rival_wrong)};
  c.contestants[0].train_s = 58;
  c.contestants[1].preprocess_s = 9;
  c.contestants[1].train_s = 1;
  c.contestants[1].n_lines = 41;
  c.contestants[1].code = "def fit(items, labels):\n\treturn 1 < 2\n";
  for (Contestant& one : c.contestants) score(one, c.laid.truth);
  c.contestants[1].p_value = p_value_of(c.contestants[0], c.contestants[1], c.laid.truth);
  return c;
}

TEST(Verdict, BruteForceWins) {
  const Comparison c = comparison(20, 50);
  EXPECT_EQ(verdict_name(judge(c)), "brute-force");
  EXPECT_EQ(
      verdict_text(c),
      "brute force wins: 2.00 % against 5.00 % error by NB-SVM, in 58.0 s against 10.0 s; the rival needs 41 lines "
      "and 9.0 s of preprocessing (McNemar p < 0.001)");
}

TEST(Verdict, PreprocessingWins) {
  Comparison c = comparison(50, 30);
  c.contestants[1].train_s = 45;
  EXPECT_EQ(verdict_name(judge(c)), "preprocessing");
  EXPECT_EQ(
      verdict_text(c),
      "preprocessing wins: 3.00 % by NB-SVM against 5.00 % error by gulo, in the same 54.0 s; for that it needs 41 "
      "lines and 9.0 s of preprocessing (McNemar p = 0.033)");
}

TEST(Verdict, WhatChanceExplainsIsATie) {
  const Comparison c = comparison(20, 24);
  EXPECT_EQ(verdict_name(judge(c)), "tie");
  EXPECT_TRUE(verdict_text(c).starts_with("a tie: 2.00 % against 2.40 % error by NB-SVM"));
  EXPECT_NE(verdict_text(c).find("(McNemar p = 0.65)"), std::string::npos) << verdict_text(c);
}

TEST(Verdict, SaysWhatFourTimesTheBudgetWouldChange) {
  Comparison c = comparison(20, 24);
  CurveStep step{.factor = 4, .budget_s = 240, .gulo = contestant("gulo", 0, 5)};
  score(step.gulo, c.laid.truth);
  c.curve = {step};
  EXPECT_NE(verdict_text(c).find(". 4x the budget takes gulo's error from 2.00 % to 0.50 %: brute force would win "),
            std::string::npos)
      << verdict_text(c);
}

TEST(Comparison, JsonHasAVerdictAndARowEach) {
  const nlohmann::json object = to_json(comparison(20, 50));
  EXPECT_EQ(object.at("verdict"), "brute-force");
  ASSERT_EQ(object.at("rows").size(), 2u);
  EXPECT_EQ(object["rows"][0].at("name"), "gulo");
  EXPECT_TRUE(object["rows"][0].at("p_value").is_null());
  EXPECT_DOUBLE_EQ(object["rows"][1].at("error"), 0.05);
  EXPECT_EQ(object["rows"][1].at("lines"), 41);
  EXPECT_FALSE(object.contains("curve"));
}

TEST(Comparison, TableEndsWithTheVerdict) {
  Comparison c = comparison(20, 50);
  c.left_out = {{"fastText", "pip could not install it"}};
  const std::string table = comparison_table(c);
  EXPECT_TRUE(table.starts_with("contestant "));
  EXPECT_NE(table.find("NB-SVM      5.00 %  3.81 to 6.53 %"), std::string::npos) << table;
  EXPECT_NE(table.find("left out: fastText: pip could not install it\n"), std::string::npos);
  EXPECT_TRUE(table.ends_with(verdict_text(c) + "\n"));
  EXPECT_EQ(table.find("balanced"), std::string::npos);
  c.uneven = true;
  EXPECT_NE(comparison_table(c).find("balanced"), std::string::npos);
}

TEST(Comparison, PageEscapesAndShowsTheCode) {
  const std::string page = comparison_page(comparison(20, 50));
  EXPECT_NE(page.find("Brute force wins"), std::string::npos);
  EXPECT_NE(page.find("mails &lt;1&gt;"), std::string::npos);
  EXPECT_NE(page.find("def fit(items, labels):\n    return 1 &lt; 2\n</pre>"), std::string::npos);
  EXPECT_EQ(page.find("Error against budget"), std::string::npos);
}

TEST(Contestant, BalancedErrorWeighsLabelsAlike) {
  Contestant c;
  c.answers = {0, 0, 0, 0, 0, 0, 0, 0, 0, -1};
  const std::vector<int> truth{0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
  score(c, truth);
  EXPECT_EQ(c.n_wrong, 2u);
  EXPECT_DOUBLE_EQ(c.error, 0.2);
  EXPECT_DOUBLE_EQ(c.balanced_error, 0.5);
}

}  // namespace
}  // namespace gulo
