// Corpora larger than their room on the device, which here is the CPU: how items are dealt to shards, and what is drawn
// from shards that come and go.
#include "engine/feed/shard_stream.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "base/error.h"
#include "data/all_items.h"
#include "data/temporary_tree.h"
#include "engine/feed/byte_slots.h"

namespace gulo {
namespace {

uint8_t byte_at(size_t item, size_t place) { return static_cast<uint8_t>(Rng(item * 100003 + place)()); }

Corpus corpus_of(const std::vector<size_t>& sizes) {
  Corpus corpus;
  corpus.labels = {"only"};
  for (size_t i = 0; i < sizes.size(); ++i) {
    for (size_t at = 0; at < sizes[i]; ++at) corpus.arena.push_back(byte_at(i, at));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(0);
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

// 300 items of 0 to 64 bytes.
Corpus small_items() {
  Rng rng(3);
  std::vector<size_t> sizes;
  for (int i = 0; i < 300; ++i) sizes.push_back(rng.below(65));
  return corpus_of(sizes);
}

// Two thirds of the items.
std::vector<uint32_t> some_items(const Corpus& corpus) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < corpus.n_items(); ++i)
    if (i % 3 != 1) items.push_back(i);
  return items;
}

uint64_t cost(const Corpus& corpus, const std::vector<uint32_t>& items, const std::vector<uint32_t>& places) {
  uint64_t n_bytes = 0;
  for (const uint32_t place : places) n_bytes += corpus.item(items[place]).size() + ShardDeal::kRowBytes;
  return n_bytes;
}

// Every item is in one shard, every shard is small enough.
void expect_dealt(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t shard_bytes,
                  const std::vector<std::vector<uint32_t>>& shards) {
  const std::vector<uint32_t> every = items_between(0, items.size());
  std::vector<uint32_t> seen;
  for (const auto& shard : shards) {
    ASSERT_FALSE(shard.empty());
    EXPECT_LE(cost(corpus, items, shard), shard_bytes);
    seen.insert(seen.end(), shard.begin(), shard.end());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(seen, every);
}

TEST(ShardDeal, DealsOtherShardsOfOneSizeEveryTime) {
  const Corpus corpus = small_items();
  const std::vector<uint32_t> items = some_items(corpus);
  const ShardDeal deal(corpus, items, 2000);
  Rng rng(1);
  std::set<std::vector<uint32_t>> first_shards;
  for (int i = 0; i < 10; ++i) {
    const auto shards = deal.deal(rng);
    expect_dealt(corpus, items, 2000, shards);
    std::set<uint64_t> costs;
    for (const auto& shard : shards) costs.insert(cost(corpus, items, shard));
    EXPECT_LE(*costs.rbegin() - *costs.begin(), 64 + ShardDeal::kRowBytes);
    first_shards.insert(shards[0]);
  }
  EXPECT_EQ(first_shards.size(), 10u);
  EXPECT_FALSE(deal.is_one_shard());
  EXPECT_TRUE(ShardDeal(corpus, items, 1 << 20).is_one_shard());
}

TEST(ShardDeal, FindsRoomForLargeItems) {
  std::vector<size_t> sizes(200, 10);
  for (const size_t large : {900, 600, 600, 600, 984, 500, 40}) sizes.push_back(large);
  const Corpus corpus = corpus_of(sizes);
  const std::vector<uint32_t> items = items_between(0, sizes.size());
  Rng rng(1);
  for (int i = 0; i < 10; ++i) expect_dealt(corpus, items, 1000, ShardDeal(corpus, items, 1000).deal(rng));
  EXPECT_THROW(ShardDeal(corpus, items, 999), Error);
}

TEST(ShardDeal, KeepsNeighboursInAFileTogether) {
  const TemporaryTree tree;
  Corpus corpus = corpus_of(std::vector<size_t>(4000, 1000));
  corpus.arena.set_limits({.memory_bytes = 1 << 20, .folder = tree.root()});
  corpus.arena.resize(corpus.arena.size());
  ASSERT_TRUE(corpus.arena.in_file());
  const std::vector<uint32_t> items = some_items(corpus);
  Rng rng(1);
  const auto shards = ShardDeal(corpus, items, 1 << 20).deal(rng);
  expect_dealt(corpus, items, 1 << 20, shards);
  size_t n_jumps = 0;
  for (const auto& shard : shards)
    for (size_t i = 1; i < shard.size(); ++i) n_jumps += shard[i] != shard[i - 1] + 1;
  EXPECT_LT(n_jumps, items.size() / 30);
  EXPECT_GT(n_jumps, items.size() / 200);
}

SlotBytesShape shape_of() {
  return {.n_slots = 7, .slot_rows = 9, .row_bytes = 8, .window_bytes = 64, .crop_fraction = 1, .seed = 5};
}

ByteSlots feed_of(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t room_bytes) {
  const at::Tensor places = at::arange(static_cast<int64_t>(items.size()));
  return {corpus, items, places, shape_of(), DeviceRoom(at::kCPU, room_bytes)};
}

// Of each slot that was drawn, its item as a place in `items`.
void draw(ByteSlots& feed, const Corpus& corpus, const std::vector<uint32_t>& items, std::vector<int64_t>* owners) {
  const DrawnSlots drawn = feed.next();
  const auto* values = drawn.batch.values[0].const_data_ptr<int16_t>();
  for (int64_t s = 0; s < feed.n_slots(); ++s, values += shape_of().slot_bytes()) {
    const int64_t place = drawn.targets[s].item<int64_t>();
    const uint32_t item = items[static_cast<size_t>(place)];
    owners->push_back(place);
    const size_t size = corpus.item(item).size();
    for (size_t at = 0; at < shape_of().slot_bytes(); ++at)
      ASSERT_EQ(values[at], at < size ? byte_at(item, at) : SlotBytes::kPad) << "item " << item << " at " << at;
  }
}

// As a trainer does it: as many steps as are wanted and there.
std::vector<int64_t> draw_all(ByteSlots& feed, const Corpus& corpus, const std::vector<uint32_t>& items,
                              int64_t n_steps) {
  std::vector<int64_t> owners;
  Rng rng(2);
  for (int64_t n_done = 0; n_done < n_steps;) {
    const auto n_wanted = static_cast<int64_t>(1 + rng.below(12));
    const int64_t n = feed.reserve(n_done, n_wanted);
    EXPECT_GE(n, 1);
    EXPECT_LE(n, n_wanted);
    for (int64_t i = 0; i < n; ++i) draw(feed, corpus, items, &owners);
    n_done += n;
  }
  return owners;
}

void expect_every_item_once_an_epoch(std::vector<int64_t> owners, size_t n_items, int n_epochs) {
  ASSERT_GE(owners.size(), n_items * static_cast<size_t>(n_epochs));
  std::set<std::vector<int64_t>> orders;
  for (int e = 0; e < n_epochs; ++e) {
    const auto begin = owners.begin() + static_cast<std::ptrdiff_t>(n_items) * e;
    std::vector<int64_t> epoch(begin, begin + static_cast<std::ptrdiff_t>(n_items)), every(n_items);
    orders.insert(epoch);
    std::iota(every.begin(), every.end(), 0);
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, every) << "epoch " << e;
  }
  EXPECT_EQ(orders.size(), static_cast<size_t>(n_epochs));
}

TEST(ShardStream, ShowsEveryItemOnceAnEpoch) {
  const Corpus corpus = small_items();
  const std::vector<uint32_t> items = some_items(corpus);
  for (const uint64_t room_bytes : {1500, 4000, 8000}) {
    ByteSlots feed = feed_of(corpus, items, room_bytes);
    const std::vector<int64_t> owners = draw_all(feed, corpus, items, 150);
    expect_every_item_once_an_epoch(owners, items.size(), 5);
    EXPECT_GT(feed.n_shards_copied(), 5);
  }
}

TEST(ShardStream, ShowsItemsOfAFile) {
  const TemporaryTree tree;
  Corpus corpus = small_items();
  corpus.arena.set_limits({.memory_bytes = 1000, .folder = tree.root()});
  corpus.arena.resize(corpus.arena.size());
  ASSERT_TRUE(corpus.arena.in_file());
  const std::vector<uint32_t> items = some_items(corpus);
  ByteSlots streamed = feed_of(corpus, items, 4000);
  expect_every_item_once_an_epoch(draw_all(streamed, corpus, items, 150), items.size(), 5);
  ByteSlots whole = feed_of(corpus, items, 1 << 20);
  expect_every_item_once_an_epoch(draw_all(whole, corpus, items, 150), items.size(), 5);
}

TEST(ShardStream, DrawsOfOneShardWhatItDrawsOfTheWhole) {
  const Corpus corpus = small_items();
  std::vector<uint32_t> items = some_items(corpus);
  items.resize(60);
  ByteSlots whole = feed_of(corpus, items, corpus.n_bytes()), one = feed_of(corpus, items, corpus.n_bytes() - 1);
  EXPECT_EQ(draw_all(one, corpus, items, 100), draw_all(whole, corpus, items, 100));
  EXPECT_EQ(whole.n_shards_copied(), 0);
  EXPECT_EQ(one.n_shards_copied(), 1);
}

TEST(ShardStream, SameSeedSameBatches) {
  const Corpus corpus = small_items();
  const std::vector<uint32_t> items = some_items(corpus);
  ByteSlots a = feed_of(corpus, items, 4000), b = feed_of(corpus, items, 4000);
  EXPECT_EQ(draw_all(a, corpus, items, 100), draw_all(b, corpus, items, 100));
}

TEST(ShardStream, StaysWithItemsThatAreFarLongerThanASlot) {
  const Corpus corpus = corpus_of(std::vector<size_t>(40, 5000));
  const std::vector<uint32_t> items = some_items(corpus);
  ShardStream stream(corpus, items, {.room_bytes = 80000, .n_slots = 7, .slot_bytes = 64, .seed = 1}, at::kCPU);
  int64_t n_done = 0;
  for (; stream.n_copied() < 20; n_done += stream.reserve(n_done, 4)) {
    for (int half = 0; half < 2; ++half) {
      const SlotShard& shard = stream.shards()[half];
      if (shard.n_items == 0) continue;
      EXPECT_EQ((shard.end - shard.begin) % shard.n_items, 0u);
      EXPECT_EQ((shard.end - shard.begin) / shard.n_items, 5000u / 16 / 64);
      EXPECT_EQ(shard.epoch % (5000 / 16 / 64), 0u);
    }
  }
}

// Of shards with fewer items than a step has slots, one more is not enough unless items come again.
TEST(ShardStream, AlwaysHasTheNextStep) {
  const Corpus corpus = corpus_of(std::vector<size_t>(11, 60));
  const std::vector<uint32_t> items = some_items(corpus);
  ByteSlots feed = feed_of(corpus, items, 320);
  const std::vector<int64_t> owners = draw_all(feed, corpus, items, 400);
  std::vector<int> counts(items.size());
  for (const int64_t owner : owners) ++counts[static_cast<size_t>(owner)];
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  EXPECT_LE(*most - *least, 8);  // one epoch
  EXPECT_GT(*least, 300);
}

TEST(ShardStream, NeverMoves) {
  const Corpus corpus = small_items();
  const std::vector<uint32_t> items = some_items(corpus);
  ShardStream stream(corpus, items, {.room_bytes = 4000, .n_slots = 7, .slot_bytes = 64, .seed = 1}, at::kCPU);
  const auto *arena = stream.arena(), *shards = reinterpret_cast<const uint8_t*>(stream.shards());
  int64_t n_done = 0;
  while (stream.n_copied() < 10) n_done += stream.reserve(n_done, 4);
  EXPECT_EQ(stream.arena(), arena);
  EXPECT_EQ(reinterpret_cast<const uint8_t*>(stream.shards()), shards);
}

TEST(ShardStream, ALargerItemIsAnError) {
  const Corpus corpus = corpus_of({10, 10, 500, 10});
  EXPECT_THROW(feed_of(corpus, {0, 1, 2, 3}, 500), Error);
}

}  // namespace
}  // namespace gulo
