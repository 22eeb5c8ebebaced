#include "engine/train/bank_trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/rng.h"
#include "engine/train/bank_design.h"
#include "model/calibration.h"
#include "run/bank_scorer.h"

namespace gulo {
namespace {

// Labels are waves of different lengths in noise, in the last channel; items have different lengths, some values are
// missing.
Corpus waves(size_t n_items, uint32_t n_channels, uint64_t seed) {
  Rng rng(seed);
  Corpus corpus;
  corpus.kind = Kind::kSamples;
  corpus.labels = {"slow", "middle", "fast"};
  for (size_t i = 0; i < n_items; ++i) {
    const int label = static_cast<int>(i % 3);
    const auto n_steps = static_cast<uint32_t>(40 + rng.below(60));
    std::vector<float> values;
    const double phase = rng.uniform() * 6;
    for (uint32_t t = 0; t < n_steps; ++t)
      for (uint32_t c = 0; c < n_channels; ++c)
        values.push_back(
            rng.below(50) == 0
                ? NAN
                : static_cast<float>((c + 1 == n_channels ? std::sin(phase + t * (0.3 + 0.4 * label)) : 0) +
                                     0.5 * (rng.uniform() - 0.5)));
    const size_t at = corpus.arena.size();
    corpus.arena.resize(at + values.size() * sizeof(float));
    std::memcpy(corpus.arena.data() + at, values.data(), values.size() * sizeof(float));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.shapes.push_back({ValueType::kFloat32, {n_steps, n_channels, 1}});
    corpus.item_labels.push_back(label);
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

TrainValid split(size_t n_items) {
  TrainValid parts;
  for (uint32_t i = 0; i < n_items; ++i) (i % 5 == 4 ? parts.valid : parts.train).push_back(i);
  return parts;
}

constexpr BankOptions kSmall{.seed = 3, .n_threads = 2, .n_features = 1000};

double test_error(const Corpus& corpus, const BankResult& result) {
  const TensorMap tensors = result.tensors.tensors(result.spec);
  const BankScorer scorer(result.spec, corpus.labels.size(), tensors);
  BankScratch scratch;
  std::vector<float> logits;
  for (size_t i = 0; i < corpus.n_items(); ++i) {
    const auto row = scorer.logits(corpus.view(i), scratch);
    logits.insert(logits.end(), row.begin(), row.end());
  }
  return error_fraction(logits, corpus.item_labels);
}

TEST(BankTrainer, LearnsAndGeneralises) {
  for (const uint32_t n_channels : {1u, 3u}) {
    const Corpus corpus = waves(60, n_channels, 1), unseen = waves(90, n_channels, 2);
    const auto result = train_bank(corpus, split(60), kSmall);
    ASSERT_TRUE(result);
    EXPECT_LT(test_error(unseen, *result), 0.05) << n_channels;
    EXPECT_EQ(test_error(corpus, *result), 0) << n_channels;
    EXPECT_LT(result->loo_error, 0.1);
    EXPECT_EQ(result->spec.n_channels, static_cast<int>(n_channels));
    EXPECT_EQ(result->valid_logits.size(), 12u * 3);
    EXPECT_EQ(result->loo_items.size(), 60u);
    std::vector<int> labels;
    for (const uint32_t i : result->loo_items) labels.push_back(corpus.item_labels[i]);
    EXPECT_EQ(error_fraction(result->loo_logits, labels), result->loo_error);  // items and logits in one order
  }
}

TEST(BankTrainer, SameSeedSameBitsWithAnyNumberOfThreads) {
  const Corpus corpus = waves(30, 2, 1);
  const auto a = train_bank(corpus, split(30), kSmall);
  BankOptions options = kSmall;
  options.n_threads = 1;
  const auto b = train_bank(corpus, split(30), options);
  EXPECT_EQ(a->tensors.biases, b->tensors.biases);
  EXPECT_EQ(a->tensors.weights, b->tensors.weights);
  EXPECT_EQ(a->loo_logits, b->loo_logits);
  options.seed = 4;
  EXPECT_NE(a->tensors.biases, train_bank(corpus, split(30), options)->tensors.biases);
}

TEST(BankTrainer, ValidLogitsAreOfAHeadThatHasNotSeenThem) {
  const Corpus corpus = waves(30, 1, 1);
  TrainValid parts = split(30);
  BankOptions options = kSmall;
  const auto result = train_bank(corpus, parts, options);
  options.refit = false;
  const auto trained_only = train_bank(corpus, parts, options);
  EXPECT_FALSE(trained_only->refitted);
  EXPECT_EQ(trained_only->loo_items, parts.train);
  ASSERT_EQ(result->valid_logits.size(), trained_only->valid_logits.size());
  for (size_t i = 0; i < result->valid_logits.size(); ++i)  // their penalties and the features' scales differ a little
    EXPECT_NEAR(result->valid_logits[i], trained_only->valid_logits[i], 0.3) << i;
  const TensorMap tensors = trained_only->tensors.tensors(trained_only->spec);
  const BankScorer scorer(trained_only->spec, 3, tensors);
  BankScratch scratch;
  for (size_t i = 0; i < parts.valid.size(); ++i) {
    const auto logits = scorer.logits(corpus.view(parts.valid[i]), scratch);
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(logits[k], trained_only->valid_logits[i * 3 + k], 1e-4);
  }
  EXPECT_NE(result->tensors.weights, trained_only->tensors.weights);
}

TEST(BankTrainer, TakesFewerFeaturesOrNoneWhereTheLimitsAskForIt) {
  const Corpus corpus = waves(60, 1, 1);
  BankOptions options = kSmall;
  options.n_features = 100000;
  options.memory_bytes = 14 << 20;
  const auto fewer = train_bank(corpus, split(60), options);
  ASSERT_TRUE(fewer);
  EXPECT_LT(fewer->spec.n_features(), 60000u);
  options.memory_bytes = 1000;
  EXPECT_FALSE(train_bank(corpus, split(60), options));
  options = kSmall;
  options.seconds = 1e-9;
  EXPECT_FALSE(train_bank(corpus, split(60), options));
  options.seconds = 600;
  EXPECT_EQ(train_bank(corpus, split(60), options)->spec.n_features(), 924u);
}

TEST(BankTrainer, DeclinesWhatCannotBeLearned) {
  Corpus corpus = waves(30, 1, 1);
  EXPECT_FALSE(train_bank(corpus, {{0}, {1, 2}}, kSmall));
  corpus.labels = {"one"};
  EXPECT_FALSE(train_bank(corpus, split(30), kSmall));
  corpus.kind = Kind::kPixels;
  EXPECT_THROW(train_bank(corpus, split(30), kSmall), Error);
}

TEST(BankTrainer, EmptyItemsAndOneStepItemsDoNoHarm) {
  Corpus corpus = waves(30, 1, 1);
  for (const uint32_t n_steps : {0u, 1u}) {
    corpus.shapes.push_back({ValueType::kFloat32, {n_steps, 1, 1}});
    corpus.arena.resize(corpus.offsets.back() + n_steps * sizeof(float));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(0);
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  const auto result = train_bank(corpus, split(32), kSmall);
  ASSERT_TRUE(result);
  for (const float weight : result->tensors.weights) ASSERT_TRUE(std::isfinite(weight));
  Corpus empty = corpus;
  for (auto& shape : empty.shapes) shape.extents[0] = 0;
  std::fill(empty.offsets.begin(), empty.offsets.end(), 0);
  const auto nothing = train_bank(empty, split(32), kSmall);
  ASSERT_TRUE(nothing);
  for (const float offset : nothing->tensors.offsets) ASSERT_TRUE(std::isfinite(offset));
}

TEST(BankDesign, DilationsGoToAnEighthOfTheLongestItem) {
  const Corpus corpus = waves(10, 1, 1);
  std::vector<uint32_t> items{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  uint32_t longest = 0;
  for (const auto& shape : corpus.shapes) longest = std::max(longest, shape.extents[0]);
  const BankDesign design = design_bank(corpus, items, 10000, 0, 1);
  EXPECT_EQ(design.spec.n_features(), 84u * 119);
  EXPECT_EQ(design.spec.dilations.front(), 1);
  EXPECT_EQ(design.spec.dilations.back(), static_cast<int>((longest - 1) / 8));
  EXPECT_EQ(design.biases.size(), design.spec.n_features());
}

// The number is the wave's frequency; the labels are slow, not slow, fast.
TEST(BankTrainer, LearnsNumbersAndSets) {
  for (const Task task : {Task::kNumber, Task::kLabels}) {
    Corpus corpus = waves(90, 1, 1);
    corpus.task = task;
    corpus.number_unit = {50, 10};
    for (const int label : corpus.item_labels) {
      corpus.numbers.push_back(40 + 10 * label);
      corpus.label_sets.push_back(label == 0 ? std::vector{0} : label == 1 ? std::vector{1} : std::vector{1, 2});
    }
    if (task == Task::kNumber) corpus.labels = {"number"};
    const TrainValid parts = split(90);
    const auto result = train_bank(corpus, parts, kSmall);
    ASSERT_TRUE(result.has_value());
    EXPECT_LT(result->loo_error, 0.35) << task_name(task);
    EXPECT_EQ(result->valid_error, answer_error(result->valid_logits, targets_of(corpus, parts.valid)));
    EXPECT_EQ(result->valid_logits.size(), parts.valid.size() * corpus.labels.size());
  }
}

}  // namespace
}  // namespace gulo
