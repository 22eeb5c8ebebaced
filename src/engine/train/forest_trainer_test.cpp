#include "engine/train/forest_trainer.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_table.h"
#include "run/forest_scorer.h"

namespace gulo {
namespace {

class ForestTrainerTest : public ::testing::Test {
 protected:
  ForestTrainerTest() {
    for (uint32_t i = 0; i < corpus_.n_items(); ++i) (i % 4 == 0 ? parts_.valid : parts_.train).push_back(i);
    options_.max_trees = 40;
  }

  double error_on(const ForestResult& result, const std::vector<uint32_t>& items) const {
    size_t n_wrong = 0;
    for (const uint32_t item : items) {
      std::vector<float> logits(2);
      forest_logits(forest_view(result.tensors, 2), forest_cells(corpus_.view(item), 5), logits.data());
      n_wrong += (logits[1] > logits[0] ? 1 : 0) != corpus_.item_labels[item] ? 1 : 0;
    }
    return static_cast<double>(n_wrong) / static_cast<double>(items.size());
  }

  Corpus corpus_ = small_table(1200);
  TrainValid parts_;
  ForestOptions options_;
};

TEST_F(ForestTrainerTest, LearnsATableWithNumbersValuesAndMissingCells) {
  options_.refit = false;
  const ForestResult result = *train_forest(corpus_, parts_, options_);
  EXPECT_LT(result.valid_error, 0.05);
  EXPECT_DOUBLE_EQ(error_on(result, parts_.valid), result.valid_error);
  EXPECT_EQ(result.valid_logits.size(), 2 * parts_.valid.size());
  EXPECT_EQ(result.spec.n_trees, 40);
  EXPECT_NO_THROW(check_forest_tensors(result.spec, 2, result.tensors.tensors(2)));
  for (const ForestNode& node : result.tensors.nodes) {
    EXPECT_NE(node.column(), 3u) << "a column that is the same everywhere";
    EXPECT_NE(node.column(), 4u) << "texts of their own";
  }
}

TEST_F(ForestTrainerTest, ARefitKnowsTheValidationRowsAndTheirLogitsDoNot) {
  for (size_t i = 0; i < corpus_.n_items(); i += 7) corpus_.item_labels[i] = 1 - corpus_.item_labels[i];
  const ForestResult result = *train_forest(corpus_, parts_, options_);
  EXPECT_TRUE(result.refitted);
  EXPECT_GT(result.valid_error, 0);
  EXPECT_LT(error_on(result, parts_.valid), result.valid_error);
}

TEST_F(ForestTrainerTest, HasTheSameBitsWithAnyNumberOfThreads) {
  const ForestResult one = *train_forest(corpus_, parts_, options_);
  options_.n_threads = 3;
  const ForestResult three = *train_forest(corpus_, parts_, options_);
  EXPECT_EQ(one.tensors.leaves, three.tensors.leaves);
  EXPECT_EQ(one.tensors.roots, three.tensors.roots);
  EXPECT_EQ(one.valid_logits, three.valid_logits);
  options_.seed = 1;
  EXPECT_NE(train_forest(corpus_, parts_, options_)->tensors.leaves, one.tensors.leaves);
}

TEST_F(ForestTrainerTest, KeepsWithinItsBytes) {
  options_.max_bytes = 40'000;
  const ForestResult result = *train_forest(corpus_, parts_, options_);
  size_t n_bytes = 0;
  for (const auto& [name, tensor] : result.tensors.tensors(2)) n_bytes += tensor.bytes.size();
  EXPECT_LE(n_bytes, options_.max_bytes);
  EXPECT_GE(result.spec.n_trees, 1);
}

TEST_F(ForestTrainerTest, TakesRowsAtRandomWhereThereAreTooMany) {
  options_.max_cells = 2 * 5 * 100;
  const ForestResult result = *train_forest(corpus_, parts_, options_);
  EXPECT_LT(result.spec.n_leaves, 40 * 100);
  EXPECT_LT(result.valid_error, 0.4);
}

TEST_F(ForestTrainerTest, GrowsWithoutValidationRows) {
  parts_.train.insert(parts_.train.end(), parts_.valid.begin(), parts_.valid.end());
  parts_.valid.clear();
  const ForestResult result = *train_forest(corpus_, parts_, options_);
  EXPECT_FALSE(result.refitted);
  EXPECT_EQ(error_on(result, parts_.train), 0);
}

TEST_F(ForestTrainerTest, SeesWhatIsMissing) {
  Corpus corpus;
  corpus.kind = Kind::kCells;
  corpus.labels = {"no", "yes"};
  for (int i = 0; i < 40; ++i) add_row(corpus, {i % 2 == 0 ? "7" : i % 4 == 1 ? "" : "?", "same"}, i % 2);
  TrainValid parts;
  for (uint32_t i = 0; i < 40; ++i) (i < 30 ? parts.train : parts.valid).push_back(i);
  EXPECT_EQ(train_forest(corpus, parts, options_)->valid_error, 0);
}

TEST_F(ForestTrainerTest, DoesNotTakeWhatATreeCannotLearn) {
  Corpus same = table_corpus({{"a", "b"}, {"a", "b"}, {"a", "b"}});
  same.labels = {"no", "yes"};
  const TrainValid parts{{0, 1, 2}, {}};
  EXPECT_FALSE(train_forest(same, parts, options_)) << "columns of one value";
  corpus_.labels = {"yes"};
  EXPECT_FALSE(train_forest(corpus_, parts_, options_)) << "one label";
  corpus_.task = Task::kNumber;
  EXPECT_FALSE(train_forest(corpus_, parts_, options_)) << "numbers";
  const Corpus bytes = small_corpus(10, 2, 1);
  EXPECT_THROW(train_forest(bytes, parts, options_), Error);
}

}  // namespace
}  // namespace gulo
