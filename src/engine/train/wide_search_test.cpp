#include "engine/train/wide_search.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/train/small_corpus.h"
#include "model/calibration.h"

namespace gulo {
namespace {

constexpr int kFewLabels = 10, kManyLabels = 20;  // evidence is counted of few

WideResult search(const Corpus& corpus, const TrainValid& parts, WideSearchOptions options) {
  options.max_bytes = 1 << 24;
  nlohmann::json curve = nlohmann::json::array();
  return search_wide(corpus, parts, options, curve);
}

// What the model file will hold, put back into a table.
std::vector<float> logits_of(const WideResult& result, const Corpus& corpus, const std::vector<uint32_t>& items) {
  WideTrainer trainer({result.recipe, result.spec}, static_cast<int>(corpus.labels.size()));
  trainer.load(result.tensors);
  return trainer.logits(corpus, items, 1);
}

double mean_size(const std::vector<float>& logits) {
  double sum = 0;
  for (const float logit : logits) sum += std::abs(static_cast<double>(logit));
  return sum / static_cast<double>(logits.size());
}

TEST(WideSearch, WhatWasValidatedIsWhatIsKept) {
  const Corpus corpus = small_corpus(1200, kFewLabels, 11);
  const TrainValid parts{items_between(0, 900), items_between(900, 1200)};
  const WideResult result = search(corpus, parts, {.refit = false});
  EXPECT_TRUE(result.twin) << "either way of stepping learns these";
  EXPECT_NE(result.recipe.find("by evidence"), std::string::npos);
  EXPECT_EQ(logits_of(result, corpus, parts.valid), result.valid_logits);
  EXPECT_LT(result.valid_error, 0.1);
}

TEST(WideSearch, ARefitOfBothWaysHasTheirScale) {
  const Corpus corpus = small_corpus(1500, kFewLabels, 11);
  const TrainValid parts{items_between(0, 900), items_between(900, 1200)};
  const WideResult once = search(corpus, parts, {.refit = false}), refitted = search(corpus, parts, {.refit = true});
  ASSERT_TRUE(once.twin && refitted.twin);
  EXPECT_EQ(once.refits, 0);
  EXPECT_EQ(refitted.refits, 1);
  const auto unseen = items_between(1200, 1500);
  EXPECT_NEAR(mean_size(logits_of(refitted, corpus, unseen)) / mean_size(logits_of(once, corpus, unseen)), 1, 0.3);
}

TEST(WideSearch, TheTimeThatIsLeftGoesIntoMoreRefits) {
  for (const int n_labels : {kFewLabels, kManyLabels}) {
    const Corpus corpus = small_corpus(600, n_labels, 14);
    const TrainValid parts{items_between(0, 300), items_between(300, 400)};
    const WideResult one = search(corpus, parts, {}), mean = search(corpus, parts, {.search_s = 40, .final_s = 20});
    EXPECT_EQ(one.refits, 1);
    EXPECT_EQ(mean.refits, 6);
    const auto unseen = items_between(400, 600);
    const auto of_one = logits_of(one, corpus, unseen), of_mean = logits_of(mean, corpus, unseen);
    EXPECT_NE(of_one, of_mean);
    EXPECT_NEAR(mean_size(of_mean) / mean_size(of_one), 1, 0.1) << n_labels;
  }
}

TEST(WideSearch, RefitsUseTheTimeUp) {
  const Corpus corpus = small_corpus(6000, 2, 15);
  const TrainValid parts{items_between(0, 5700), items_between(5700, 6000)};
  const WideResult result = search(corpus, parts, {.search_s = 6, .final_s = 2});
  EXPECT_GE(result.refits, 1);
  EXPECT_TRUE(result.refits == 6 || result.seconds > 0.85 * 8) << result.refits << " in " << result.seconds;
}

TEST(WideSearch, EvidenceIsOfFewLabelsAndOneAnItem) {
  const Corpus corpus = small_corpus(1200, kManyLabels, 11);
  EXPECT_FALSE(search(corpus, {items_between(0, 900), items_between(900, 1200)}, {.refit = false}).twin);
  EXPECT_TRUE(can_step(RowSteps::kEvidence, 2, Task::kLabel));
  EXPECT_FALSE(can_step(RowSteps::kEvidence, kManyLabels, Task::kLabel));
  EXPECT_FALSE(can_step(RowSteps::kEvidence, 2, Task::kLabels));
  EXPECT_TRUE(can_step(RowSteps::kRarity, kManyLabels, Task::kNumber));
}

TEST(WideSearch, ShortRowsAreMore) {
  const auto log2_rows = [](size_t n_labels) { return wide_recipes(Task::kLabel, n_labels).front().spec.log2_rows; };
  EXPECT_EQ(log2_rows(1), 22);
  EXPECT_EQ(log2_rows(2), 22);
  EXPECT_EQ(log2_rows(3), 21);
  EXPECT_EQ(log2_rows(8), 20);
  EXPECT_EQ(log2_rows(100), 20);
}

TEST(WideSearch, ThereIsNoTwinWithoutTime) {
  const Corpus corpus = small_corpus(4000, 4, 12);
  const TrainValid parts{items_between(0, 3600), items_between(3600, 4000)};
  EXPECT_FALSE(search(corpus, parts, {.search_s = 0.3, .final_s = 0.01}).twin);
}

TEST(WideSearch, TheTwinHasTheTimeThatRefitsLeave) {
  const Corpus corpus = small_corpus(160, 2, 13);
  const TrainValid parts{items_between(0, 120), items_between(120, 160)};
  const WideResult result = search(corpus, parts, {.search_s = 1e-3, .final_s = 60});  // the search leaves none
  EXPECT_TRUE(result.twin);
  EXPECT_GE(result.refits, 1);
}

}  // namespace
}  // namespace gulo
