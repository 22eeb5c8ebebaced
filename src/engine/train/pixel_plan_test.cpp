#include "engine/train/pixel_plan.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/rng.h"
#include "engine/net/tile_product.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/mirror_symmetry.h"

namespace gulo {
namespace {

enum class Mark { kStripes, kSide };

// Noise of many sizes, grey and coloured. kStripes: a patch of lying, standing or no stripes somewhere. kSide: the left
// half is brighter, or the right.
Corpus pictures(size_t n_items, Mark mark, uint32_t least_side, uint32_t most_side) {
  Corpus corpus;
  corpus.kind = Kind::kPixels;
  const uint32_t n_labels = mark == Mark::kStripes ? 3 : 2;
  for (uint32_t k = 0; k < n_labels; ++k) corpus.labels.push_back(std::to_string(k));
  Rng rng(5);
  for (size_t i = 0; i < n_items; ++i) {
    const auto side = [&] { return least_side + static_cast<uint32_t>(rng.below(most_side - least_side + 1)); };
    const uint32_t height = side(), width = side(), channels = rng.below(3) == 0 ? 1 : 3, label = i % n_labels;
    const auto top = static_cast<uint32_t>(rng.below(height - 7)), left = static_cast<uint32_t>(rng.below(width - 7));
    for (uint32_t y = 0; y < height; ++y)
      for (uint32_t x = 0; x < width; ++x) {
        uint32_t value = 80 + static_cast<uint32_t>(rng.below(40));
        const bool inside = y >= top && y < top + 8 && x >= left && x < left + 8;
        if (mark == Mark::kStripes && inside && label < 2 && (label == 0 ? y : x) / 2 % 2 == 0) value += 120;
        if (mark == Mark::kSide && (x < width / 2) == (label == 0)) value += 60;
        corpus.arena.insert(corpus.arena.end(), channels, static_cast<uint8_t>(value));
      }
    corpus.offsets.push_back(corpus.arena.size());
    corpus.shapes.push_back({ValueType::kUint8, {height, width, channels}, 0});
    corpus.item_labels.push_back(static_cast<int>(label));
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

std::vector<uint32_t> range(uint32_t begin, uint32_t end) {
  std::vector<uint32_t> items(end - begin);
  std::iota(items.begin(), items.end(), begin);
  return items;
}

PixelPlan small_plan() {
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
  const Corpus corpus = pictures(24, Mark::kStripes, 8, 40);  // seen whole
  PixelPlan plan = small_plan();
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
  train(corpus, range(0, 24), {}, options, plan);
  EXPECT_LT(loss, 0.02);
}

TEST_F(PixelPlanTest, LearnsWhatHoldsForOthers) {
  const Corpus corpus = pictures(420, Mark::kStripes, 12, 40);
  DeepOptions options;
  options.steps = 100;
  EXPECT_LT(train(corpus, range(0, 360), range(360, 420), options, small_plan()).valid_error, 0.15);
}

TEST_F(PixelPlanTest, SameSeedAndStepsGiveTheSameBits) {
  const Corpus corpus = pictures(60, Mark::kStripes, 8, 50);
  const auto run = [&](uint64_t seed) {
    DeepOptions options;
    options.steps = 12;
    options.seed = seed;
    return train(corpus, range(0, 45), range(45, 60), options, small_plan()).valid_logits;
  };
  const std::vector<float> first = run(1);
  EXPECT_EQ(first, run(1));
  EXPECT_NE(first, run(2));
}

TEST_F(PixelPlanTest, SizesFollowPicturesAndBudget) {
  const Corpus tiny = pictures(90, Mark::kStripes, 8, 8), large = pictures(30, Mark::kStripes, 200, 300);
  const PixelPlan of_tiny = plan_pixels(tiny, range(0, 90), 60, 1e11),
                  of_large = plan_pixels(large, range(0, 30), 60, 1e11);
  EXPECT_EQ(of_tiny.spec.stem_stride, 1);
  EXPECT_EQ(of_large.spec.stem_stride, 8);
  EXPECT_GE(of_large.spec.window, 200);
  EXPECT_EQ(of_tiny.spec.channels, 3);
  EXPECT_GT(plan_pixels(large, range(0, 30), 600, 1e12).spec.layers[0].width,
            plan_pixels(large, range(0, 30), 0.1, 1e9).spec.layers[0].width);
}

TEST_F(PixelPlanTest, MirrorImagesAreTriedBeforeTheyAreBelieved) {
  const Corpus stripes = pictures(300, Mark::kStripes, 16, 16), sides = pictures(300, Mark::kSide, 16, 16);
  PixelNetworkSpec spec = small_plan().spec;
  EXPECT_TRUE(is_mirror_symmetric(stripes, range(0, 300), spec));
  spec.n_labels = 2;
  EXPECT_FALSE(is_mirror_symmetric(sides, range(0, 300), spec));
}

}  // namespace
}  // namespace gulo
