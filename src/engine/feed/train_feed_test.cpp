#include "engine/feed/train_feed.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "data/all_items.h"
#include "data/window_plan.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

// Item i is `sizes[i]` bytes of the value i + 1.
Corpus filled_corpus(const std::vector<size_t>& sizes) {
  Corpus corpus;
  corpus.labels = {"only"};
  for (size_t i = 0; i < sizes.size(); ++i) {
    corpus.arena.insert(corpus.arena.end(), sizes[i], static_cast<uint8_t>(i + 1));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(0);
  }
  corpus.arena.insert(corpus.arena.end(), Corpus::kArenaPadding, 0);
  return corpus;
}

TEST(BatchPackerTest, KeepsWindowsApartAndFillsTheRestWithBlanks) {
  BatchPacker packer({8, 4});
  const std::vector<uint8_t> five(5, 1), none, nine(9, 3);
  EXPECT_TRUE(packer.add({five, 10, 0}));
  EXPECT_TRUE(packer.add({none, 11, 0}));
  EXPECT_TRUE(packer.add({nine, 12, 2}));
  EXPECT_FALSE(packer.add({five, 13, 0}));
  const Batch batch = packer.take();
  EXPECT_EQ(batch.begins, (std::vector<int32_t>{0, 3, 5}));
  EXPECT_EQ(batch.ends, (std::vector<int32_t>{2, 4, 8}));
  EXPECT_EQ(batch.owners, (std::vector<uint32_t>{10, 11, 12}));
  EXPECT_EQ(batch.n_item_bytes, 14);
  EXPECT_EQ(batch.n_item_rows, 6);
  const int16_t* bytes = batch.values[0].const_data_ptr<int16_t>();
  EXPECT_EQ(std::count(bytes, bytes + 32, 1), 5);
  EXPECT_EQ(std::count(bytes + 22, bytes + 31, 3), 9);
  EXPECT_EQ(std::count(bytes, bytes + 32, int16_t{ByteStemShape::kPad}), 32 - 14);
  EXPECT_TRUE(packer.empty());
}

TEST(TrainFeedTest, ServesEveryItemOnceAnEpochInBatchesOfOneShape) {
  const Corpus corpus = filled_corpus({1, 100, 0, 300, 64, 5000, 17});
  FeedOptions options;
  options.window_bytes = 512;
  TrainFeed feed(corpus, all_items(corpus), {64, 16}, options, 1);
  std::vector<uint32_t> served;
  while (feed.epochs() < 20) {
    const Batch batch = feed.next();
    EXPECT_EQ(batch.values[0].numel(), 64 * 16);
    served.insert(served.end(), batch.owners.begin(), batch.owners.end());
  }
  for (size_t epoch = 0; epoch < 20; ++epoch) {
    const auto first = served.begin() + static_cast<std::ptrdiff_t>(epoch * 7);
    EXPECT_EQ(std::set<uint32_t>(first, first + 7).size(), 7u) << "epoch " << epoch;
  }
}

TEST(TrainFeedTest, SameSeedSameBatches) {
  const Corpus corpus = filled_corpus({10, 1000, 200, 30});
  FeedOptions options;
  options.window_bytes = 128;
  options.byte_dropout = 0.2;
  options.crop_fraction = 0.5;
  TrainFeed a(corpus, all_items(corpus), {32, 16}, options, 5), b(corpus, all_items(corpus), {32, 16}, options, 5);
  TrainFeed other(corpus, all_items(corpus), {32, 16}, options, 6);
  bool differs = false;
  for (int i = 0; i < 10; ++i) {
    const Batch batch = a.next();
    EXPECT_TRUE(at::equal(batch.values[0], b.next().values[0]));
    differs |= !at::equal(batch.values[0], other.next().values[0]);
  }
  EXPECT_TRUE(differs);
}

TEST(TrainFeedTest, HidesTheAskedFractionOfBytes) {
  const Corpus corpus = filled_corpus(std::vector<size_t>(4, 4000));
  FeedOptions options;
  options.byte_dropout = 0.25;
  TrainFeed feed(corpus, all_items(corpus), {512, 16}, options, 2);
  int64_t n_bytes = 0, n_seen = 0;
  for (int i = 0; i < 20; ++i) {
    const Batch batch = feed.next();
    n_bytes += batch.n_item_bytes;
    n_seen += (batch.values[0] < static_cast<int64_t>(ByteStemShape::kPad)).sum().item<int64_t>();
  }
  EXPECT_NEAR(static_cast<double>(n_seen) / static_cast<double>(n_bytes), 0.75, 0.01);
}

TEST(TrainFeedTest, CropsAreWithinTheirLimits) {
  const Corpus corpus = filled_corpus({200});
  FeedOptions options;
  options.crop_fraction = 0.5;
  TrainFeed feed(corpus, {0}, {16, 16}, options, 3);
  int64_t shortest = 200, longest = 0;
  for (int i = 0; i < 300; ++i) {
    const Batch batch = feed.next();
    if (batch.owners.size() != 1) continue;
    shortest = std::min(shortest, batch.n_item_bytes);
    longest = std::max(longest, batch.n_item_bytes);
  }
  EXPECT_GE(shortest, 100);
  EXPECT_LT(shortest, 130);
  EXPECT_LE(longest, 200);
  EXPECT_GT(longest, 170);
}

TEST(PredictionWindowsTest, CoverTheItemAndWeighHalfForTheHead) {
  EXPECT_EQ(prediction_windows(0, 100).size(), 1u);
  EXPECT_EQ(prediction_windows(100, 100).size(), 1u);
  const std::vector<WindowRange> windows = prediction_windows(1050, 100);
  ASSERT_EQ(windows.size(), 11u);
  EXPECT_DOUBLE_EQ(windows[0].weight, 0.5);
  double weight = 0;
  size_t next = 0;
  for (const WindowRange& window : windows) {
    EXPECT_EQ(window.begin, next);
    next = window.begin + window.size;
    weight += window.weight;
  }
  EXPECT_EQ(next, 1050u);
  EXPECT_NEAR(weight, 1, 1e-12);
  EXPECT_NEAR(windows[10].weight * 2, windows[1].weight, 1e-12);
}

TEST(PredictionWindowsTest, AtMostSoMany) {
  const std::vector<WindowRange> windows = prediction_windows(1'000'000, 100, 5);
  ASSERT_EQ(windows.size(), 5u);
  EXPECT_EQ(windows[0].begin, 0u);
  EXPECT_GT(windows[4].begin, 700'000u);
}

}  // namespace
}  // namespace gulo
