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
  ASSERT_TRUE(once.twin && refitted.twin && refitted.refitted);
  const auto unseen = items_between(1200, 1500);
  const auto before = logits_of(once, corpus, unseen), after = logits_of(refitted, corpus, unseen);
  double size_before = 0, size_after = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    size_before += std::abs(static_cast<double>(before[i]));
    size_after += std::abs(static_cast<double>(after[i]));
  }
  EXPECT_NEAR(size_after / size_before, 1, 0.3);
}

TEST(WideSearch, EvidenceIsOfFewLabelsAndOneAnItem) {
  const Corpus corpus = small_corpus(1200, kManyLabels, 11);
  EXPECT_FALSE(search(corpus, {items_between(0, 900), items_between(900, 1200)}, {.refit = false}).twin);
  EXPECT_TRUE(can_step(RowSteps::kEvidence, 2, Task::kLabel));
  EXPECT_FALSE(can_step(RowSteps::kEvidence, kManyLabels, Task::kLabel));
  EXPECT_FALSE(can_step(RowSteps::kEvidence, 2, Task::kLabels));
  EXPECT_TRUE(can_step(RowSteps::kRarity, kManyLabels, Task::kNumber));
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
  EXPECT_TRUE(result.refitted);
}

}  // namespace
}  // namespace gulo
