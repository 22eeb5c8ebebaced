#include "cli/prediction_format.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gulo {
namespace {

using nlohmann::json;

const std::vector<std::string> kLabels{"ham", "spam, or not"};
const Prediction kGood{.path = "a.eml", .error = "", .top = {{0, 0.98765432f}, {1, 0.01234568f}}};
const Prediction kBad{.path = "b.eml", .error = "cannot be opened", .top = {}};

std::string whole(const std::string& form, const std::vector<Prediction>& predictions) {
  const PredictionFormat format(form, kLabels);
  std::string text = format.begin();
  for (size_t i = 0; i < predictions.size(); ++i) format.append(predictions[i], i, text);
  return text + format.end();
}

TEST(TopCandidates, MostProbableFirstEqualOnesInOrder) {
  const auto top = top_candidates(std::vector<float>{0.1f, 0.4f, 0.1f, 0.4f}, 3);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].label, 1);
  EXPECT_EQ(top[1].label, 3);
  EXPECT_EQ(top[2].label, 0);
  EXPECT_EQ(top_candidates(std::vector<float>{1.0f}, 5).size(), 1u);
}

TEST(PredictionFormat, Text) { EXPECT_EQ(whole("text", {kGood, kBad}), "a.eml: ham 0.988, spam, or not 0.012\n"); }

TEST(PredictionFormat, JsonIsOneArrayWithErrorsInTheirPlaces) {
  for (const auto& predictions : {std::vector{kBad, kGood}, std::vector{kGood, kBad}, std::vector<Prediction>{}}) {
    const json array = json::parse(whole("json", predictions));
    ASSERT_EQ(array.size(), predictions.size());
    for (size_t i = 0; i < array.size(); ++i) EXPECT_EQ(array[i]["path"], predictions[i].path);
  }
  const json array = json::parse(whole("json", {kGood, kBad}));
  EXPECT_EQ(array[0]["label"], "ham");
  EXPECT_NEAR(array[0]["probability"].get<double>(), 0.987654, 1e-9);
  EXPECT_EQ(array[0]["top"][1]["label"], "spam, or not");
  EXPECT_EQ(array[1], json({{"path", "b.eml"}, {"error", "cannot be opened"}}));
}

TEST(PredictionFormat, JsonLinesAreAnObjectALine) {
  const std::string text = whole("jsonl", {kGood, kBad});
  const size_t middle = text.find('\n');
  EXPECT_EQ(json::parse(text.substr(0, middle))["path"], "a.eml");
  EXPECT_EQ(json::parse(text.substr(middle + 1))["path"], "b.eml");
  EXPECT_EQ(text.back(), '\n');
}

TEST(PredictionFormat, CsvQuotesAsRfc4180) {
  Prediction odd = kGood;
  odd.path = "a \"b\",\nc";
  EXPECT_EQ(
      whole("csv", {odd, kBad}),
      "path,label,probability\n\"a \"\"b\"\",\nc\",ham,0.987654\n\"a \"\"b\"\",\nc\",\"spam, or not\",0.012346\n");
}

TEST(PredictionFormat, NamesThatAreNoUtf8StayApartInJsonAndAreUntouchedInText) {
  Prediction odd = kGood;
  odd.path = "na\xefve\xff";
  EXPECT_EQ(json::parse(whole("json", {odd}))[0]["path"], "na\\xefve\\xff");
  EXPECT_EQ(whole("text", {odd}).substr(0, 6), "na\xefve\xff");
}

std::string of_task(Task task, const std::string& form, const Prediction& prediction) {
  const PredictionFormat format(form, kLabels, task);
  std::string text = format.begin();
  format.append(prediction, 0, text);
  return text + format.end();
}

TEST(PredictionFormat, Numbers) {
  const Prediction answer{.path = "a,b.csv:2", .error = "", .top = {}, .number = 5.731};
  EXPECT_EQ(of_task(Task::kNumber, "text", answer), "a,b.csv:2: 5.731\n");
  EXPECT_EQ(of_task(Task::kNumber, "csv", answer), "path,number\n\"a,b.csv:2\",5.731\n");
  EXPECT_EQ(of_task(Task::kNumber, "jsonl", answer), "{\"path\":\"a,b.csv:2\",\"number\":5.731}\n");
}

TEST(PredictionFormat, SetsOfLabelsMayBeEmpty) {
  const Prediction none{.path = "a", .error = "", .top = {}};
  EXPECT_EQ(of_task(Task::kLabels, "text", kGood), "a.eml: ham 0.988, spam, or not 0.012\n");
  EXPECT_EQ(of_task(Task::kLabels, "text", none), "a: none\n");
  EXPECT_EQ(of_task(Task::kLabels, "csv", none), "path,label,probability\na,,\n");
  const json object = json::parse(of_task(Task::kLabels, "jsonl", kGood));
  ASSERT_EQ(object["labels"].size(), 2u);
  EXPECT_EQ(object["labels"][0]["label"], "ham");
  EXPECT_TRUE(json::parse(of_task(Task::kLabels, "jsonl", none))["labels"].empty());
}

TEST(ProbableCandidates, ThoseOfAHalfOrMore) {
  const auto probable = probable_candidates(std::vector<float>{0.5f, 0.49f, 0.9f});
  ASSERT_EQ(probable.size(), 2u);
  EXPECT_EQ(probable[0].label, 2);
  EXPECT_EQ(probable[1].label, 0);
  EXPECT_TRUE(probable_candidates(std::vector<float>{0.1f}).empty());
}

}  // namespace
}  // namespace gulo
