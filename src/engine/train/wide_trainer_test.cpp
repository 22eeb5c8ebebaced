#include "engine/train/wide_trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/train/small_corpus.h"
#include "model/calibration.h"

namespace gulo {
namespace {

const WideRecipe kRecipe{"test", {.log2_rows = 14, .orders = {1, 2, 3}, .head_bytes = 8, .pair_gaps = {2}}, 10};

WideTrainer trained(const Corpus& corpus, const WideRecipe& recipe, const WideSchedule& schedule) {
  WideTrainer trainer(recipe, static_cast<int>(corpus.labels.size()));
  trainer.fit(corpus, items_between(0, corpus.n_items()), schedule, {});
  return trainer;
}

TEST(WideTrainer, LearnsAndGeneralises) {
  const Corpus corpus = small_corpus(600, 5, 1);
  for (const RowSteps steps : {RowSteps::kAlike, RowSteps::kRarity, RowSteps::kEvidence}) {
    WideRecipe recipe = kRecipe;
    recipe.steps = steps;
    WideTrainer trainer(recipe, 5);
    const double epochs = trainer.fit(corpus, items_between(0, 400), {.epochs = 8}, {});
    EXPECT_NEAR(epochs, 8, 0.05);
    const auto valid = items_between(400, 600);
    const std::vector<int> labels(corpus.item_labels.begin() + 400, corpus.item_labels.end());
    EXPECT_LT(error_fraction(trainer.logits(corpus, valid, 2), labels), 0.05) << static_cast<int>(steps);
  }
}

TEST(WideTrainer, LearnsSetsAndNumbers) {
  const auto valid = items_between(400, 600);
  for (const Corpus& corpus : {with_sets(small_corpus(600, 5, 1)), with_numbers(small_corpus(600, 5, 1))})
    for (const RowSteps steps : {RowSteps::kAlike, RowSteps::kRarity}) {
      WideRecipe recipe = kRecipe;
      recipe.steps = steps;
      WideTrainer trainer(recipe, static_cast<int>(corpus.labels.size()), corpus.task);
      trainer.fit(corpus, items_between(0, 400), {.epochs = corpus.task == Task::kNumber ? 24.0 : 8.0}, {});
      const Targets targets = targets_of(corpus, valid);
      const auto logits = trainer.logits(corpus, valid, 2);
      EXPECT_LT(answer_error(combine_logits(fit_calibration(logits, {}, targets), logits, {}), targets), 0.59)
          << task_name(corpus.task) << ", " << static_cast<int>(steps);
    }
}

TEST(WideTrainer, LearnsOneBatchByHeart) {
  const Corpus corpus = small_corpus(8, 4, 2);
  WideRecipe recipe = kRecipe;
  for (const float smoothing : {0.0f, 0.2f}) {
    recipe.label_smoothing = smoothing;
    const WideTrainer trainer = trained(corpus, recipe, {.epochs = 200});
    const auto logits = trainer.logits(corpus, items_between(0, 8), 1);
    const double wanted = 1 - static_cast<double>(smoothing) * 3 / 4;
    EXPECT_NEAR(std::exp(-negative_log_likelihood(logits, corpus.item_labels)), wanted, 0.02) << smoothing;
  }
}

TEST(WideTrainer, SameSeedSameBitsAtAnyNumberOfThreads) {
  const Corpus corpus = small_corpus(200, 3, 3);
  const auto items = items_between(0, 200);
  // Long enough for both of the ways to take steps, together and alone.
  const auto one = trained(corpus, kRecipe, {.epochs = 40, .seed = 5, .n_threads = 1}).logits(corpus, items, 1);
  for (const int n_threads : {2, 3, 8})
    EXPECT_EQ(trained(corpus, kRecipe, {.epochs = 40, .seed = 5, .n_threads = n_threads}).logits(corpus, items, 2),
              one);
  EXPECT_NE(trained(corpus, kRecipe, {.epochs = 40, .seed = 6}).logits(corpus, items, 1), one);
}

TEST(WideTrainer, QuantisedTablesAnswerAlmostTheSame) {
  const Corpus corpus = small_corpus(300, 4, 4);
  WideTrainer trainer = trained(corpus, kRecipe, {.epochs = 4});
  const auto items = items_between(0, 300);
  const auto before = trainer.logits(corpus, items, 1);
  const WideTensors whole = trainer.quantise(SIZE_MAX);
  EXPECT_LT(whole.n_rows(), size_t{1} << 14) << "rows never touched are dropped";
  trainer.load(whole);
  const auto after = trainer.logits(corpus, items, 1);
  double worst = 0, largest = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(before[i] - after[i])));
    largest = std::max(largest, std::abs(static_cast<double>(before[i])));
  }
  EXPECT_LT(worst, 0.02 * largest);
  EXPECT_GT(worst, 0);
  EXPECT_EQ(trainer.quantise(80).n_rows(), 10u) << "8 bytes a row of 4 labels";
}

TEST(WideTrainer, OneTableAnswersAsTwoTogether) {
  const Corpus corpus = small_corpus(200, 3, 8);
  const auto items = items_between(0, 200);
  WideRecipe by_rarity = kRecipe;
  by_rarity.steps = RowSteps::kRarity;
  WideTrainer trainer = trained(corpus, kRecipe, {.epochs = 3});
  const WideTrainer twin = trained(corpus, by_rarity, {.epochs = 3});
  const auto own = trainer.logits(corpus, items, 1), others = twin.logits(corpus, items, 1);
  trainer.add(0.75, 0.5, twin);
  const auto both = trainer.logits(corpus, items, 1);
  for (size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], 0.75f * own[i] + 0.5f * others[i], 1e-4);
}

TEST(WideTrainer, StopsWhenToldTo) {
  const Corpus corpus = small_corpus(2000, 3, 5);
  WideTrainer trainer(kRecipe, 3);
  const double epochs =
      trainer.fit(corpus, items_between(0, 2000), {.epochs = 1e6}, [](const WideProgress&) { return false; });
  EXPECT_GT(epochs, 0);
  EXPECT_LT(epochs, 1e5);
}

TEST(WideTrainer, EndsInItsSeconds) {
  const Corpus corpus = small_corpus(2000, 3, 6);
  WideTrainer trainer(kRecipe, 3);
  double last_fraction = 0;
  trainer.fit(corpus, items_between(0, 2000), {.epochs = 1e6, .seconds = 0.3}, [&](const WideProgress& now) {
    last_fraction = now.fraction;
    return true;
  });
  EXPECT_GT(last_fraction, 0.2);
  EXPECT_LE(last_fraction, 1.5);
}

TEST(WideTrainer, LongItemsAreSeenInWindows) {
  Corpus corpus = small_corpus(40, 2, 7);
  WideRecipe recipe = kRecipe;
  recipe.spec.window_bytes = 32;
  const auto logits = trained(corpus, recipe, {.epochs = 30}).logits(corpus, items_between(0, 40), 1);
  EXPECT_LT(error_fraction(logits, corpus.item_labels), 0.2);
  for (const float logit : logits) EXPECT_TRUE(std::isfinite(logit));
}

}  // namespace
}  // namespace gulo
