#include "engine/train/sample_plan.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "data/all_items.h"
#include "engine/net/sample_network.h"
#include "engine/train/small_signals.h"

namespace gulo {
namespace {

SamplePlan plan_of(const Corpus& corpus, double seconds = 60) {
  return plan_samples(corpus, all_items(corpus), seconds, 1e11);
}

TEST(SamplePlanTest, SoundGetsAWindowOfItsRate) {
  const SamplePlan slow = plan_of(small_signals(4, {.n_times = 20000, .rate_hz = 8000}));
  EXPECT_EQ(slow.spec.taps, 256);
  EXPECT_EQ(slow.spec.stride, 64);
  EXPECT_TRUE(slow.spec.item_level);
  EXPECT_EQ(plan_of(small_signals(4, {.n_times = 20000, .rate_hz = 16000})).spec.taps, 512);
  EXPECT_LE(plan_of(small_signals(4, {.n_times = 200, .rate_hz = 8000})).spec.taps, 64);
}

TEST(SamplePlanTest, SeriesKeepTheirLevelAndGetFewTaps) {
  const SamplePlan plan = plan_of(small_signals(4, {.n_times = 15, .channels = 12}));
  EXPECT_FALSE(plan.spec.item_level);
  EXPECT_TRUE(plan.spec.linear);
  EXPECT_FALSE(plan.spec.missing);
  EXPECT_EQ(plan.spec.stride, 1);
  EXPECT_EQ(plan.spec.channels, 12);
  EXPECT_LE(plan.spec.taps, 16);
  Corpus corpus = small_signals(4, {.n_times = 15});
  const float missing = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(corpus.arena.data() + 8, &missing, sizeof(missing));
  EXPECT_TRUE(plan_of(corpus).spec.missing);
}

TEST(SamplePlanTest, LongItemsGetWindowsAndLittleTimeANarrowNetwork) {
  const Corpus corpus = small_signals(2, {.n_times = 400000, .rate_hz = 8000});
  EXPECT_LE(plan_of(corpus).spec.window_samples, 65536);
  EXPECT_LT(plan_of(corpus, 1e-3).spec.stem_width, plan_of(corpus, 1e3).spec.stem_width);
}

TEST(SamplePlanTest, EmptyAndShortItemsAreTrainedOn) {
  for (const uint32_t n_times : {0u, 1u}) {
    const Corpus corpus = small_signals(4, {.n_times = n_times});
    DeepSetup setup = setup_samples(corpus, all_items(corpus), {.seconds = 1});
    const Batch batch = setup.feed->next();
    const at::Tensor labels = at::zeros({static_cast<int64_t>(batch.owners.size())}, at::kLong);
    EXPECT_TRUE(std::isfinite(setup.network->loss(batch, {Task::kLabel, labels}, {}).item<double>()));
  }
}

// Losses of so many steps, and whether all items are recognised then.
struct Training {
  std::vector<double> losses;
  std::vector<float> logits;
};

Training train(const Corpus& corpus, int n_steps, bool fixed_batch) {
  DeepSetup setup = setup_samples(corpus, all_items(corpus), {.seconds = 1, .seed = 7});
  Optimiser optimiser(setup.network->parameters(), at::kFloat, setup.optimiser);
  Training run;
  Batch batch = setup.feed->next();
  for (int i = 0; i < n_steps; ++i) {
    const at::Tensor labels = at::empty({static_cast<int64_t>(batch.owners.size())}, at::kLong);
    for (size_t j = 0; j < batch.owners.size(); ++j)
      labels.mutable_data_ptr<int64_t>()[j] = corpus.item_labels[batch.owners[j]];
    TrainStep step;
    step.seed = static_cast<uint64_t>(i);
    const at::Tensor loss = setup.network->loss(batch, {Task::kLabel, labels}, step);
    loss.backward();
    run.losses.push_back(loss.item<double>());
    optimiser.step(1 - static_cast<double>(i) / n_steps);
    if (!fixed_batch) batch = setup.feed->next();
  }
  run.logits = setup.network->logits(corpus.views(all_items(corpus)), 0);
  return run;
}

TEST(SamplePlanTest, LearnsOneBatchToZeroLoss) {
  for (const SignalSort& sort :
       {SignalSort{.n_times = 2000, .rate_hz = 8000}, SignalSort{.n_times = 60, .channels = 2}}) {
    const Training run = train(small_signals(16, sort), 80, true);
    EXPECT_GT(run.losses.front(), 0.5);
    EXPECT_LT(run.losses.back(), 0.01);
  }
}

TEST(SamplePlanTest, RecognisesSeriesOfAnyUnit) {
  for (const auto& [level, offset] : {std::pair{1e-5, 0.}, {1., 0.}, {3., 1e4}}) {
    const Training run = train(small_signals(32, {.n_times = 60, .level = level, .offset = offset}), 80, false);
    for (size_t i = 0; i < 32; ++i)
      EXPECT_GT(run.logits[2 * i + i % 2], run.logits[2 * i + 1 - i % 2]) << "item " << i << " at " << level;
  }
}

TEST(SamplePlanTest, SameSeedSameBits) {
  const Corpus corpus = small_signals(16, {.n_times = 1000, .rate_hz = 8000});
  const Training a = train(corpus, 5, false), b = train(corpus, 5, false);
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_EQ(a.logits, b.logits);
}

}  // namespace
}  // namespace gulo
