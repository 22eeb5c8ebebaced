#include "engine/feed/cell_feed.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "base/error.h"
#include "data/all_items.h"
#include "engine/feed/table_rows.h"

namespace gulo {
namespace {

Corpus numbered(size_t n_rows) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < n_rows; ++i) rows.push_back({std::to_string(i), "x"});
  return table_corpus(rows);
}

const CellLayout kAll{{{true, true, false}, {false, true, true}}, 10};

TEST(CellBatch, NumbersAsTheyStandAndRowsOfTexts) {
  const Corpus corpus = table_corpus({{"1e30", "red"}, {"?", "red"}, {"-inf", ""}});
  const std::vector<ItemView> rows{corpus.view(0), corpus.view(1), corpus.view(2)};
  const Batch batch = cell_batch(kAll, rows);
  const float* numbers = batch.values[kCellNumbers].const_data_ptr<float>();
  EXPECT_EQ(numbers[0], 1e30f);
  EXPECT_TRUE(std::isnan(numbers[1]));
  EXPECT_EQ(numbers[2], -std::numeric_limits<float>::infinity());

  // A row: its number's text, its text, the text's n-grams. "\2red\3" has 4 + 3 + 2 of them, "\2\3" one.
  const int64_t *begins = batch.values[kCellBegins].const_data_ptr<int64_t>(),
                *ids = batch.values[kCellRows].const_data_ptr<int64_t>();
  ASSERT_EQ(batch.values[kCellBegins].numel(), 9);
  EXPECT_EQ(begins[3], 11);
  EXPECT_EQ(batch.values[kCellRows].numel(), 11 + 11 + 3);
  EXPECT_NE(ids[0], ids[11]);
  EXPECT_EQ(ids[1], ids[12]);
  EXPECT_FLOAT_EQ(batch.values[kCellShares][2].item<float>(), 1 / std::sqrt(9.f));
  EXPECT_LT(batch.values[kCellRows].max().item<int64_t>(), 1 << 10);
}

TEST(CellBatch, RefusesRowsOfOtherTables) {
  const Corpus corpus = table_corpus({{"1", "2", "3"}});
  const ItemView row = corpus.view(0);
  EXPECT_THROW(cell_batch(kAll, {&row, 1}), Error);
}

TEST(CellFeed, EveryRowOnceAnEpochInBatchesOfLikeSize) {
  const Corpus corpus = numbered(103);
  CellFeed feed(corpus, all_items(corpus), kAll, 25, 1);
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::set<uint32_t> seen;
    for (int i = 0; i < 4; ++i) {
      const Batch batch = feed.next();
      EXPECT_NEAR(static_cast<double>(batch.owners.size()), 25.5, 0.6);
      EXPECT_EQ(batch.values[kCellNumbers][3].item<float>(), static_cast<float>(batch.owners[3]));
      seen.insert(batch.owners.begin(), batch.owners.end());
    }
    EXPECT_EQ(seen.size(), 103u);
    EXPECT_EQ(feed.epochs(), epoch + 1);
  }
}

TEST(CellFeed, SameSeedSameBatches) {
  const Corpus corpus = numbered(40);
  CellFeed one(corpus, all_items(corpus), kAll, 16, 7), same(corpus, all_items(corpus), kAll, 16, 7),
      other(corpus, all_items(corpus), kAll, 16, 8);
  EXPECT_EQ(one.next().owners, same.next().owners);
  EXPECT_NE(one.next().owners, other.next().owners);
}

}  // namespace
}  // namespace gulo
