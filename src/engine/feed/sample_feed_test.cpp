#include "engine/feed/sample_feed.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>

#include "data/all_items.h"

namespace gulo {
namespace {

// Item i has `lengths[i]` times of the value i + 1 in each of its channels.
Corpus signal_corpus(const std::vector<uint32_t>& lengths, uint32_t channels = 1, uint32_t rate_hz = 0) {
  Corpus corpus;
  corpus.kind = Kind::kSamples;
  corpus.labels = {"only"};
  for (size_t i = 0; i < lengths.size(); ++i) {
    const std::vector<float> values(lengths[i] * channels, static_cast<float>(i + 1));
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    corpus.arena.insert(corpus.arena.end(), bytes, bytes + values.size() * sizeof(float));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(0);
    corpus.shapes.push_back({ValueType::kFloat32, {lengths[i], channels, 1}, rate_hz});
  }
  corpus.arena.insert(corpus.arena.end(), Corpus::kArenaPadding, 0);
  return corpus;
}

TEST(SamplePackerTest, KeepsWindowsApartAndFillsTheRestWithZeros) {
  SamplePacker packer({16, 4, 2, 2});
  const std::vector<float> three(3 * 2, 1), none, nine(9, 3);
  EXPECT_TRUE(packer.add({three, 2, 16000, 10, 0, 24}));
  EXPECT_TRUE(packer.add({none, 1, 0, 11, 0, 0}));
  EXPECT_TRUE(packer.add({nine, 1, 4000, 12, 2, 36}));
  const Batch batch = packer.take();
  EXPECT_EQ(batch.begins, (std::vector<int32_t>{0, 3, 6}));
  EXPECT_EQ(batch.ends, (std::vector<int32_t>{1, 4, 9}));
  EXPECT_EQ(batch.owners, (std::vector<uint32_t>{10, 11, 12}));
  EXPECT_EQ(batch.n_item_bytes, 60);
  EXPECT_EQ(batch.n_item_rows, 5);
  const at::Tensor signal = batch.values[kSignal];
  EXPECT_EQ(signal.sizes(), (std::vector<int64_t>{64, 2}));
  EXPECT_DOUBLE_EQ(signal.sum().item<double>(), 6 + 27);
  EXPECT_DOUBLE_EQ(signal.slice(0, 26, 35).select(1, 0).sum().item<double>(), 27);
  EXPECT_TRUE(at::equal(batch.values[kPlaces], at::tensor({0, 3, 2, 12, 0, 1, 26, 9, 1}, at::kLong).view({3, 3})));
  EXPECT_TRUE(at::equal(batch.values[kRates], at::tensor({1.f, 0.f, -1.f})));
  EXPECT_TRUE(packer.empty());
}

TEST(SamplePackerTest, RefusesWhatDoesNotFit) {
  SamplePacker packer({16, 4, 1, 1});
  const std::vector<float> signal(30, 1);
  EXPECT_TRUE(packer.add({signal, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(packer.add({signal, 1, 0, 1, 0, 0}));
  EXPECT_EQ(packer.take().owners.size(), 1u);
  EXPECT_TRUE(packer.add({signal, 1, 0, 1, 3, 0}));
  EXPECT_EQ(packer.take().begins[0], 0);
}

TEST(SampleFeedTest, ServesEveryItemOnceAnEpochInBatchesOfOneShape) {
  const Corpus corpus = signal_corpus({1, 100, 0, 300, 64, 5000, 17}, 2, 44100);
  SampleFeedOptions options;
  options.window_samples = 512;
  options.stretch = 0.1;
  SampleFeed feed(corpus, all_items(corpus), {64, 16, 2, 1}, options, 1);
  std::vector<uint32_t> served;
  while (feed.epochs() < 20) {
    const Batch batch = feed.next();
    EXPECT_EQ(batch.values[kSignal].numel(), 64 * 16 * 2);
    served.insert(served.end(), batch.owners.begin(), batch.owners.end());
    EXPECT_EQ(batch.values[kRates].size(0), static_cast<int64_t>(batch.owners.size()));
  }
  for (size_t epoch = 0; epoch < 20; ++epoch) {
    const auto first = served.begin() + static_cast<std::ptrdiff_t>(epoch * 7);
    EXPECT_EQ(std::set<uint32_t>(first, first + 7).size(), 7u) << "epoch " << epoch;
  }
}

TEST(SampleFeedTest, SameSeedSameBatches) {
  const Corpus corpus = signal_corpus({10, 1000, 200, 30});
  SampleFeedOptions options;
  options.window_samples = 128;
  options.stretch = 0.2;
  options.crop_fraction = 0.5;
  const SampleBatchShape shape{32, 16, 1, 1};
  SampleFeed a(corpus, all_items(corpus), shape, options, 5), b(corpus, all_items(corpus), shape, options, 5);
  SampleFeed other(corpus, all_items(corpus), shape, options, 6);
  bool differs = false;
  for (int i = 0; i < 10; ++i) {
    const Batch batch = a.next();
    EXPECT_TRUE(at::equal(batch.values[kSignal], b.next().values[kSignal]));
    differs |= !at::equal(batch.values[kSignal], other.next().values[kSignal]);
  }
  EXPECT_TRUE(differs);
}

TEST(SampleFeedTest, StretchesWithinItsLimits) {
  const Corpus corpus = signal_corpus({1000});
  SampleFeedOptions options;
  options.stretch = 0.1;
  options.window_samples = 1000;
  SampleFeed feed(corpus, {0}, {longest_window_rows(options, 16), 16, 1, 1}, options, 3);
  int64_t shortest = 5000, longest = 0;
  for (int i = 0; i < 300; ++i) {
    const int64_t n_times = feed.next().values[kPlaces][0][1].item<int64_t>();
    shortest = std::min(shortest, n_times);
    longest = std::max(longest, n_times);
  }
  EXPECT_GE(shortest, 909);
  EXPECT_LT(shortest, 920);
  EXPECT_GT(longest, 1100);
  EXPECT_LE(longest, 1111);
}

TEST(StretchedTest, ReadsBetweenTheTimesOfEachChannel) {
  const std::vector<float> values{0, 10, 1, 20, 2, 30};
  EXPECT_EQ(stretched(values, 2, 1), values);
  EXPECT_EQ(stretched(values, 2, 0.5), (std::vector<float>{0, 10, 0.5, 15, 1, 20, 1.5, 25, 2, 30}));
  EXPECT_EQ(stretched(values, 2, 2), (std::vector<float>{0, 10, 2, 30}));
  EXPECT_EQ(stretched({}, 2, 0.9), std::vector<float>{});
  EXPECT_EQ(stretched({7, 8}, 2, 0.9), (std::vector<float>{7, 8}));
}

TEST(SignalValuesTest, TakesAPartInUnitsOfTheType) {
  const std::vector<int16_t> raw{0, 1, 32767, -32767, 5, 6};
  std::vector<uint8_t> bytes(raw.size() * 2);
  std::memcpy(bytes.data(), raw.data(), bytes.size());
  const ItemView item{{ValueType::kInt16, {3, 2, 1}, 8000}, bytes};
  EXPECT_EQ(signal_values(item, 1, 1), (std::vector<float>{1, -1}));
  EXPECT_TRUE(signal_values(item, 3, 0).empty());
}

}  // namespace
}  // namespace gulo
