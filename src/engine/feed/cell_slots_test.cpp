#include "engine/feed/cell_slots.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "data/temporary_tree.h"
#include "engine/feed/table_rows.h"

namespace gulo {
namespace {

constexpr int64_t kSlots = 6;
const CellLayout kLayout{{{true, true, false}, {false, true, true}}, 10};

// Rows with a missing number now and then, and texts of any length.
Corpus table(size_t n_rows) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < n_rows; ++i)
    rows.push_back({i % 5 == 0 ? "?" : std::to_string(i), std::string(i % 7, 'a') + "b"});
  return table_corpus(rows);
}

std::vector<uint32_t> every_second(const Corpus& corpus) {
  std::vector<uint32_t> items;
  for (uint32_t i = 0; i < corpus.n_items(); i += 2) items.push_back(i);
  return items;
}

CellSlots feed_of(const Corpus& corpus, const CellLayout& layout, const DeviceRoom& room) {
  const std::vector<uint32_t> items = every_second(corpus);
  const at::Tensor targets = at::arange(static_cast<int64_t>(items.size()));
  return {cell_rows(corpus, items, layout), targets, layout, kSlots, 3, room};
}

// That slot `s` has what the batch of its item alone has.
void expect_shown(const SlotBatch& slots, int64_t s, const CellLayout& layout, const ItemView& row) {
  const Batch expected = cell_batch(layout, {&row, 1});
  EXPECT_TRUE(at::allclose(slots.values[kCellNumbers][s], expected.values[kCellNumbers][0], 0, 0, true));
  EXPECT_TRUE(at::equal(slots.values[kCellBegins][s].to(at::kLong), expected.values[kCellBegins]));
  const int64_t n = expected.values[kCellRows].numel();
  EXPECT_TRUE(at::equal(slots.values[kCellRows][s].slice(0, 0, n).to(at::kLong), expected.values[kCellRows]));
  EXPECT_TRUE(at::allclose(slots.values[kCellShares][s].slice(0, 0, n), expected.values[kCellShares], 0, 1e-7));
  EXPECT_EQ(slots.values[kCellShares][s].slice(0, n).count_nonzero().item<int64_t>(), 0);
}

// Returns the items that so many batches show.
std::multiset<int64_t> expect_batches(CellSlots& feed, const Corpus& corpus, const CellLayout& layout, int n_batches) {
  const std::vector<uint32_t> items = every_second(corpus);
  std::multiset<int64_t> seen;
  for (int i = 0; i < n_batches; ++i) {
    EXPECT_EQ(feed.reserve(i, 1), 1);
    const DrawnSlots drawn = feed.next();
    EXPECT_EQ(drawn.batch.n_slots, kSlots);
    EXPECT_TRUE(at::equal(drawn.targets, drawn.batch.values[kCellItems]));
    for (int64_t s = 0; s < kSlots; ++s) {
      const auto place = drawn.targets[s].item<int64_t>();
      expect_shown(drawn.batch, s, layout, corpus.view(items[static_cast<size_t>(place)]));
      seen.insert(place);
    }
  }
  return seen;
}

TEST(CellSlots, ShowWhatABatchOfTheRowsHas) {
  const Corpus corpus = table(60);
  const CellLayout numbers{{{true, false, false}, {}}, 10}, texts{{{}, {false, false, true}}, 10};
  for (const CellLayout& layout : {kLayout, numbers, texts}) {
    CellSlots feed = feed_of(corpus, layout, at::kCPU);
    const std::multiset<int64_t> seen = expect_batches(feed, corpus, layout, 10);
    for (int64_t place = 0; place < 30; ++place) EXPECT_EQ(seen.count(place), 2u);
    EXPECT_EQ(feed.epochs(10), 2);
    EXPECT_EQ(feed.n_shards_copied(), 0);
  }
}

TEST(CellSlots, RowsThatDoNotFitComeInShards) {
  const Corpus corpus = table(2000);
  const uint64_t n_bytes = cell_rows(corpus, every_second(corpus), kLayout).items.n_bytes();
  CellSlots feed = feed_of(corpus, kLayout, DeviceRoom(at::kCPU, n_bytes / 3));
  const std::multiset<int64_t> seen = expect_batches(feed, corpus, kLayout, 200);
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 1000u);
  EXPECT_GT(feed.n_shards_copied(), 3);
}

TEST(CellRows, LieInAFileWhereTheCorpusDoes) {
  const TemporaryTree tree;
  Corpus corpus = table(60);
  EXPECT_FALSE(cell_rows(corpus, every_second(corpus), kLayout).items.arena.in_file());
  corpus.arena.set_limits({.memory_bytes = 100, .folder = tree.root()});
  corpus.arena.resize(corpus.arena.size());
  const CellRows rows = cell_rows(corpus, every_second(corpus), kLayout);
  EXPECT_TRUE(rows.items.arena.in_file());
  EXPECT_EQ(rows.most_ids, 2u + 8 + 7 + 6);  // two whole cells, and the n-grams of "\2aaaaaab\3"
}

}  // namespace
}  // namespace gulo
