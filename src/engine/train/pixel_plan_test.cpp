#include "engine/train/pixel_plan.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "data/all_items.h"
#include "engine/net/tile_product.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/mirror_symmetry.h"
#include "engine/train/small_pictures.h"

namespace gulo {
namespace {

PixelPlan small_pixel_plan() {
  PixelPlan plan;
  plan.spec.stem_filters = 16;
  plan.spec.layers = {{32, true}, {48, true}};
  plan.spec.window = 40;
  plan.spec.n_labels = 3;
  plan.feed.window = 40;
  plan.feed.batch_items = 24;
  plan.feed.shift = 1;
  plan.optimiser = pixel_optimiser();
  return plan;
}

DeepResult train(const Corpus& corpus, const std::vector<uint32_t>& train, const std::vector<uint32_t>& valid,
                 DeepOptions options, const PixelPlan& plan) {
  options.dtype = fastest_dtype();
  options.gemm_peak_flops_per_s = 1e11;
  options.setup = [&](double) { return setup_pixels(corpus, train, plan, options.seed, options.dtype); };
  return train_deep(corpus, valid, options);
}

class PixelPlanTest : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(2); }
};

TEST_F(PixelPlanTest, LearnsOneBatchOfManySizesToNearZeroLoss) {
  const Corpus corpus = small_pictures(24, Mark::kStripes, 8, 40);  // seen whole
  PixelPlan plan = small_pixel_plan();
  plan.label_smoothing = 0;
  plan.feed.shift = 0;
  plan.feed.mirror = false;
  double loss = 1;
  DeepOptions options;
  options.steps = 600;
  options.progress = [&](const DeepProgress& state) {
    loss = state.loss;
    return true;
  };
  train(corpus, items_between(0, 24), {}, options, plan);
  EXPECT_LT(loss, 0.02);
}

TEST_F(PixelPlanTest, LearnsWhatHoldsForOthers) {
  const Corpus corpus = small_pictures(420, Mark::kStripes, 12, 40);
  DeepOptions options;
  options.steps = 100;
  EXPECT_LT(train(corpus, items_between(0, 360), items_between(360, 420), options, small_pixel_plan()).valid_error,
            0.15);
}

TEST_F(PixelPlanTest, SameSeedAndStepsGiveTheSameBits) {
  const Corpus corpus = small_pictures(60, Mark::kStripes, 8, 50);
  const auto run = [&](uint64_t seed) {
    DeepOptions options;
    options.steps = 12;
    options.seed = seed;
    return train(corpus, items_between(0, 45), items_between(45, 60), options, small_pixel_plan()).valid_logits;
  };
  const std::vector<float> first = run(1);
  EXPECT_EQ(first, run(1));
  EXPECT_NE(first, run(2));
}

TEST_F(PixelPlanTest, SizesFollowPicturesAndBudget) {
  const Corpus tiny = small_pictures(90, Mark::kStripes, 8, 8), large = small_pictures(30, Mark::kStripes, 200, 300);
  const PixelPlan of_tiny = plan_pixels(tiny, items_between(0, 90), 60, 1e11, at::kFloat),
                  of_large = plan_pixels(large, items_between(0, 30), 60, 1e11, at::kFloat);
  EXPECT_EQ(of_tiny.spec.stem_stride, 1);
  EXPECT_EQ(of_large.spec.stem_stride, 8);
  EXPECT_GE(of_large.spec.window, 200);
  EXPECT_EQ(of_tiny.spec.channels, 3);
  const PixelPlan with_time = plan_pixels(large, items_between(0, 30), 600, 1e12, at::kFloat),
                  in_haste = plan_pixels(large, items_between(0, 30), 0.1, 1e9, at::kFloat);
  EXPECT_GT(with_time.spec.layers[0].width, in_haste.spec.layers[0].width);
  // Many visits can be too many, few cannot.
  EXPECT_FALSE(with_time.keep_last);
  EXPECT_TRUE(in_haste.keep_last);
}

TEST_F(PixelPlanTest, MirrorImagesAreTriedBeforeTheyAreBelieved) {
  const Corpus stripes = small_pictures(300, Mark::kStripes, 16, 16), sides = small_pictures(300, Mark::kSide, 16, 16);
  PixelNetworkSpec spec = small_pixel_plan().spec;
  EXPECT_TRUE(is_mirror_symmetric(stripes, items_between(0, 300), spec));
  spec.n_labels = 2;
  EXPECT_FALSE(is_mirror_symmetric(sides, items_between(0, 300), spec));
}

}  // namespace
}  // namespace gulo
