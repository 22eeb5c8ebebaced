#include "engine/train/cell_plan.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/train/deep_trainer.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_table.h"

namespace gulo {
namespace {

TEST(KnotsOf, QuantilesWithoutRepetition) {
  EXPECT_EQ(knots_of({5, 1, 3, 2, 4}, 3), (std::vector<float>{1, 3, 5}));
  EXPECT_EQ(knots_of({0, 0, 0, 0, 0, 0, 7, 9}, 4), (std::vector<float>{0, 9, 9, 9}));
  EXPECT_EQ(knots_of({2, 1}, 4), (std::vector<float>{1, 2, 2, 2}));
  EXPECT_EQ(knots_of({}, 3), (std::vector<float>{0, 0, 0}));
}

TEST(PlanCells, LooksAtColumnsForWhatTheyAre) {
  const Corpus corpus = small_table(500);
  const CellPlan plan = plan_cells(corpus, items_between(0, 500), {.seconds = 10});
  EXPECT_EQ(plan.spec.columns,
            (std::vector<CellColumnSpec>{{.number = true}, {.value = true}, {.number = true}, {}, {.text = true}}));
  EXPECT_EQ(plan.spec.n_remembered, 500);
  EXPECT_EQ(plan.spec.n_labels, 2);
}

TEST(PlanCells, MoreBudgetMoreMembers) {
  const Corpus corpus = small_table(500);
  const auto members = [&](double seconds) {
    return plan_cells(corpus, items_between(0, 500), {.seconds = seconds, .flops_per_s = 1e10}).spec.n_members;
  };
  EXPECT_LT(members(0.1), members(100));
  EXPECT_EQ(plan_cells(corpus, items_between(0, 500), {.seconds = 100, .is_trial = true}).spec.n_members, 4);
}

TEST(PlanCells, ADeviceHasLargerBatchesOfLargeTablesAlone) {
  const auto batch_rows = [](size_t n_rows, const CellSizes& sizes) {
    return plan_cells(small_table(n_rows), items_between(0, n_rows), {.seconds = 1, .flops_per_s = 1e9}, sizes)
        .batch_rows;
  };
  CellSizes sizes = kDeviceCells;
  EXPECT_EQ(batch_rows(3000, sizes), batch_rows(3000, kCpuCells));
  sizes.usual_steps = 2;
  EXPECT_EQ(batch_rows(3000, sizes), 1500);
  EXPECT_EQ(batch_rows(5000, sizes), 2048);
}

TEST(SetupCells, EndsAfterTheEpochsAskedFor) {
  const Corpus corpus = small_table(200);
  const auto epochs = [&](double asked) {
    return setup_cells(corpus, items_between(0, 200), {.seconds = 1, .flops_per_s = 1e9, .epochs = asked}).max_epochs;
  };
  EXPECT_EQ(epochs(30), 30);
  EXPECT_GT(epochs(0), 0);
}

TEST(SetupCells, AColumnOfOneValueIsNoError) {
  Corpus corpus;
  corpus.kind = Kind::kCells;
  corpus.labels = {"a", "b"};
  for (int i = 0; i < 8; ++i) add_row(corpus, {"same"}, i % 2);
  const DeepSetup setup = setup_cells(corpus, items_between(0, 8), {.seconds = 1, .flops_per_s = 1e10});
  const ItemView row = corpus.view(0);
  EXPECT_EQ(setup.network->logits({&row, 1}, 0).size(), 2u);
}

TEST(SetupCells, LearnsATable) {
  const Corpus corpus = small_table(1500);
  DeepOptions options;
  options.steps = 60;
  options.gemm_peak_flops_per_s = 1e11;
  options.setup = [&](double) {
    return setup_cells(corpus, items_between(0, 1200), {.seconds = 0.1, .flops_per_s = 1e9});
  };
  const DeepResult result = train_deep(corpus, items_between(1200, 1500), options);
  EXPECT_LT(result.valid_error, 0.1);
  EXPECT_EQ(result.steps, 60);
}

// Parts of the stem that a table has no use for get no gradients.
TEST(SetupCells, LearnsTablesOfNumbersAloneAndOfTextAlone) {
  for (const bool numbers : {true, false}) {
    Corpus corpus;
    corpus.kind = Kind::kCells;
    corpus.labels = {"a", "b"};
    for (int i = 0; i < 200; ++i)
      add_row(corpus, {numbers ? std::to_string(i % 2 + 0.001 * i) : std::string(i % 2 ? "odd" : "even") + " row"},
              i % 2);
    DeepOptions options;
    options.steps = 40;
    options.gemm_peak_flops_per_s = 1e11;
    options.setup = [&](double) {
      return setup_cells(corpus, items_between(0, 150), {.seconds = 0.1, .flops_per_s = 1e9});
    };
    EXPECT_LT(train_deep(corpus, items_between(150, 200), options).valid_error, 0.1) << numbers;
  }
}

}  // namespace
}  // namespace gulo
