#include "data/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/rng.h"

namespace gulo {
namespace {

// Items given as (label, content).
Corpus corpus_of(const std::vector<std::pair<int, uint64_t>>& items, size_t n_labels) {
  Corpus corpus;
  for (const auto& [label, content] : items) {
    corpus.item_labels.push_back(label);
    corpus.content_hashes.push_back(content * 0x9E3779B97F4A7C15ull);
  }
  for (size_t i = 0; i < n_labels; ++i) corpus.labels.push_back(std::to_string(i));
  return corpus;
}

std::vector<size_t> valid_counts(const Corpus& corpus, const TrainValid& parts) {
  std::vector<size_t> counts(corpus.labels.size());
  for (const uint32_t i : parts.valid) ++counts[corpus.item_labels[i]];
  return counts;
}

void expect_sound(const Corpus& corpus, const TrainValid& parts) {
  EXPECT_TRUE(std::is_sorted(parts.train.begin(), parts.train.end()));
  EXPECT_TRUE(std::is_sorted(parts.valid.begin(), parts.valid.end()));
  std::set<uint32_t> all(parts.train.begin(), parts.train.end());
  all.insert(parts.valid.begin(), parts.valid.end());
  EXPECT_EQ(all.size(), corpus.n_items());
  EXPECT_EQ(parts.train.size() + parts.valid.size(), corpus.n_items());
  std::set<uint64_t> in_train;
  for (const uint32_t i : parts.train) in_train.insert(corpus.content_hashes[i]);
  for (const uint32_t i : parts.valid) EXPECT_FALSE(in_train.contains(corpus.content_hashes[i])) << i;
}

TEST(Split, TakesTheFractionOfEachLabel) {
  std::vector<std::pair<int, uint64_t>> items;
  for (uint64_t i = 0; i < 1000; ++i) items.emplace_back(i < 900 ? 0 : i < 990 ? 1 : 2, i);
  const Corpus corpus = corpus_of(items, 3);
  const TrainValid parts = split_corpus(corpus, 0.1, 1);
  expect_sound(corpus, parts);
  EXPECT_EQ(valid_counts(corpus, parts), (std::vector<size_t>{90, 9, 1}));
}

TEST(Split, IsTheSameForTheSameSeedAndAnotherForAnother) {
  std::vector<std::pair<int, uint64_t>> items;
  for (uint64_t i = 0; i < 400; ++i) items.emplace_back(static_cast<int>(i % 2), i);
  const Corpus corpus = corpus_of(items, 2);
  EXPECT_EQ(split_corpus(corpus, 0.2, 5).valid, split_corpus(corpus, 0.2, 5).valid);
  EXPECT_NE(split_corpus(corpus, 0.2, 5).valid, split_corpus(corpus, 0.2, 6).valid);
}

TEST(Split, FractionZeroTakesNothingAndALargeOneHalf) {
  std::vector<std::pair<int, uint64_t>> items;
  for (uint64_t i = 0; i < 20; ++i) items.emplace_back(static_cast<int>(i % 2), i);
  const Corpus corpus = corpus_of(items, 2);
  EXPECT_TRUE(split_corpus(corpus, 0, 1).valid.empty());
  EXPECT_EQ(valid_counts(corpus, split_corpus(corpus, 0.9, 1)), (std::vector<size_t>{5, 5}));
}

TEST(Split, SmallLabelsGiveOneItemIfTheyHaveTwoThatDiffer) {
  const Corpus corpus = corpus_of({{0, 1}, {0, 2}, {1, 3}, {2, 4}, {2, 4}, {2, 4}, {3, 5}, {3, 5}, {3, 6}}, 5);
  const TrainValid parts = split_corpus(corpus, 0.1, 1);
  expect_sound(corpus, parts);
  EXPECT_EQ(valid_counts(corpus, parts), (std::vector<size_t>{1, 0, 0, 1, 0}));
}

TEST(Split, SameContentUnderTwoLabelsStaysTogetherAndRobsNoLabel) {
  // Label 1's only item is also one of label 0's.
  const Corpus corpus = corpus_of({{0, 1}, {0, 2}, {1, 1}}, 2);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const TrainValid parts = split_corpus(corpus, 0.5, seed);
    expect_sound(corpus, parts);
    EXPECT_EQ(parts.valid, std::vector<uint32_t>{1}) << seed;
  }
}

TEST(Split, HoldsItsPromisesOnManyRandomCorpora) {
  Rng rng(3);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<std::pair<int, uint64_t>> items;
    const uint64_t n_items = 1 + rng.below(60), n_contents = 1 + rng.below(60);
    for (uint64_t i = 0; i < n_items; ++i) items.emplace_back(static_cast<int>(rng.below(4)), rng.below(n_contents));
    const Corpus corpus = corpus_of(items, 4);
    const TrainValid parts = split_corpus(corpus, 0.3, seed);
    expect_sound(corpus, parts);
    std::vector<size_t> totals(4);
    for (const int label : corpus.item_labels) ++totals[label];
    const auto counts = valid_counts(corpus, parts);
    for (size_t label = 0; label < 4; ++label) EXPECT_LE(counts[label], totals[label] / 2) << seed;
  }
}

}  // namespace
}  // namespace gulo
