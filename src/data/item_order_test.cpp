#include "data/item_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/expect_error.h"
#include "data/all_items.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

constexpr size_t kItemBytes = 4096, kNItems = 3000;

// Items sorted by their ten labels, 12 MB in all.
Corpus sorted_corpus(const ArenaLimits& limits) {
  Corpus corpus;
  corpus.arena = Arena(limits);
  corpus.labels.resize(10);
  for (size_t i = 0; i < kNItems; ++i) {
    corpus.arena.append(std::vector<uint8_t>(kItemBytes, static_cast<uint8_t>(i)));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(static_cast<int>(10 * i / kNItems));
  }
  return corpus;
}

std::vector<uint32_t> all_but_every_third() {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < kNItems; ++i)
    if (i % 3 != 0) items.push_back(i);
  return items;
}

std::vector<uint32_t> epoch(ItemOrder& order) {
  std::vector<uint32_t> items;
  do items.push_back(order.item());
  while (order.advance());
  return items;
}

TEST(ItemOrder, InMemoryIsThePlainShuffle) {
  const Corpus corpus = sorted_corpus({});
  std::vector<uint32_t> expected = all_but_every_third();
  ItemOrder order(corpus, expected);
  Rng rng(3), expected_rng(3);
  for (int i = 0; i < 3; ++i) {
    order.shuffle(rng);
    expected_rng.shuffle(expected);
    EXPECT_EQ(epoch(order), expected);
  }
}

TEST(ItemOrder, OfAFileEveryEpochVisitsEachItemOnceInAnotherOrder) {
  const TemporaryTree tree;
  const Corpus corpus = sorted_corpus({.memory_bytes = 4 << 20, .folder = tree.root()});
  ASSERT_TRUE(corpus.arena.in_file());
  const std::vector<uint32_t> items = all_but_every_third();
  ItemOrder order(corpus, items);
  ItemOrder same(corpus, items);
  Rng rng(5), same_rng(5);
  std::set<std::vector<uint32_t>> epochs;
  for (int i = 0; i < 3; ++i) {
    order.shuffle(rng);
    same.shuffle(same_rng);
    std::vector<uint32_t> visited = epoch(order);
    EXPECT_EQ(epoch(same), visited);
    epochs.insert(visited);
    std::sort(visited.begin(), visited.end());
    EXPECT_EQ(visited, items);
  }
  EXPECT_EQ(epochs.size(), 3u);
}

// Once within an epoch, once between two.
TEST(ItemOrder, GoesOnFromASavedState) {
  const TemporaryTree tree;
  for (const bool in_file : {false, true}) {
    const Corpus corpus =
        sorted_corpus(in_file ? ArenaLimits{.memory_bytes = 4 << 20, .folder = tree.root()} : ArenaLimits{});
    ItemOrder order(corpus, all_but_every_third()), other(corpus, all_but_every_third());
    Rng rng(5), other_rng(6);
    order.shuffle(rng);
    for (const size_t n_before : {500, 2000}) {
      for (size_t i = 0; i < n_before; ++i) order.advance();
      StateStream out;
      order.exchange(out);
      rng.exchange(out);
      StateStream in(out.numbers());
      other.exchange(in);
      other_rng.exchange(in);
      in.finish();
      for (size_t i = n_before; i < 2000; ++i, other.advance(), order.advance()) ASSERT_EQ(other.item(), order.item());
      order.shuffle(rng);
      other.shuffle(other_rng);
      ASSERT_EQ(epoch(other), epoch(order));
      order.shuffle(rng);
    }
  }
}

TEST(ItemOrder, RefusesTheStateOfAnotherOrder) {
  const Corpus corpus = sorted_corpus({});
  ItemOrder order(corpus, all_but_every_third()), other(corpus, {1, 2, 3});
  Rng rng(5);
  order.shuffle(rng);
  StateStream out;
  order.exchange(out);
  StateStream in(out.numbers());
  error_text(ErrorKind::kData, [&] { other.exchange(in); });
}

// A shard of a file that is sorted by label holds all labels, and no more than what may lie in memory.
TEST(ItemOrder, AShardIsARandomPartOfAFile) {
  const TemporaryTree tree;
  const Corpus corpus = sorted_corpus({.memory_bytes = 6 << 20, .folder = tree.root()});
  const std::vector<uint32_t> items = items_between(0, kNItems);
  ItemOrder order(corpus, items);
  Rng rng(1);
  order.shuffle(rng);
  const std::vector<uint32_t> visited = epoch(order);
  const size_t shard_items = corpus.arena.shard_bytes() / kItemBytes;
  std::vector<int> of_label(10);
  std::set<size_t> places;
  for (size_t i = 0; i < shard_items; ++i) {
    ++of_label[static_cast<size_t>(corpus.item_labels[visited[i]])];
    places.insert(visited[i] * kItemBytes / (64 << 10));
  }
  EXPECT_GT(*std::min_element(of_label.begin(), of_label.end()), 0);
  // Ranges at random, not all over the file: 48 of 64 KB make 3 MB, at most twice as many where they lie across.
  EXPECT_LE(places.size(), 110u);
}

}  // namespace
}  // namespace gulo
