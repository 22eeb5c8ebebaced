#include "engine/train/deep_trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "base/rng.h"
#include "data/all_items.h"
#include "engine/net/make_network.h"
#include "engine/net/tile_product.h"
#include "engine/train/deep_plan.h"
#include "model/calibration.h"

namespace gulo {
namespace {

// Random bytes with a word of the label's own somewhere in them; one item is longer than a window, one is empty.
Corpus words(size_t n_items) {
  constexpr size_t n_labels = 3;
  const std::string planted[n_labels] = {"wolverine", "glutton!!", "carcajou?"};
  Corpus corpus;
  corpus.labels = {"a", "b", "c"};
  Rng rng(11);
  for (size_t i = 0; i < n_items; ++i) {
    const size_t size = i == 0 ? 0 : i == 1 ? 900 : 20 + rng.below(150);
    std::vector<uint8_t> bytes(size);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(rng());
    const std::string& word = planted[i % n_labels];
    if (size > 0) std::copy(word.begin(), word.end(), bytes.begin() + rng.below(size - word.size() + 1));
    corpus.arena.insert(corpus.arena.end(), bytes.begin(), bytes.end());
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(static_cast<int>(i % n_labels));
  }
  corpus.arena.insert(corpus.arena.end(), Corpus::kArenaPadding, 0);
  return corpus;
}

DeepPlan small_plan() {
  DeepPlan plan;
  plan.spec.taps = 4;
  plan.spec.stem_width = 32;
  plan.spec.stages = {{32, 1, 1}, {48, 1, 2}};
  plan.spec.window_bytes = 256;
  plan.spec.n_labels = 3;
  plan.feed.window_bytes = 256;
  plan.step_bytes = 4096;
  return plan;
}

DeepOptions options_for(int64_t steps) {
  DeepOptions options;
  options.steps = steps;
  options.dtype = fastest_dtype();
  options.gemm_peak_flops_per_s = 1e11;
  return options;
}

DeepResult train(const Corpus& corpus, const std::vector<uint32_t>& train, const std::vector<uint32_t>& valid,
                 DeepOptions options, const DeepPlan& plan = small_plan()) {
  options.setup = [&](double) { return setup_bytes(corpus, train, plan, options.seed, options.dtype); };
  return train_deep(corpus, valid, options);
}

// The same items; the number is the label's, or the labels are those from the item's own on.
Corpus with_task(Corpus corpus, Task task) {
  corpus.task = task;
  corpus.number_unit = {10, 8};
  for (const int label : corpus.item_labels) {
    corpus.numbers.push_back(10 * label);
    corpus.label_sets.push_back(label == 0 ? std::vector{0, 1, 2} : label == 1 ? std::vector{1, 2} : std::vector{2});
  }
  if (task == Task::kNumber) corpus.labels = {"number"};
  return corpus;
}

bool same_parameters(const DeepNetwork& a, const DeepNetwork& b) {
  for (size_t i = 0; i < a.parameters().size(); ++i)
    if (!at::equal(a.parameters()[i].value, b.parameters()[i].value)) return false;
  return true;
}

class DeepTrainerTest : public ::testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(2); }
};

TEST_F(DeepTrainerTest, LearnsOneBatchToNearZeroLoss) {
  const Corpus corpus = words(24);
  DeepOptions options = options_for(120);
  DeepPlan plan = small_plan();
  plan.label_smoothing = plan.head_dropout = 0;
  plan.feed.augment = false;
  double loss = 1;
  options.progress = [&](const DeepProgress& state) {
    loss = state.loss;
    return true;
  };
  train(corpus, items_between(2, 24), {}, options, plan);
  EXPECT_LT(loss, 0.02);
}

TEST_F(DeepTrainerTest, SameSeedAndStepsGiveTheSameBits) {
  const Corpus corpus = words(60);
  const auto run = [&](uint64_t seed) {
    DeepOptions options = options_for(12);
    options.seed = seed;
    DeepPlan plan = small_plan();
    plan.feed.byte_dropout = 0.1;
    return train(corpus, items_between(0, 45), items_between(45, 60), options, plan);
  };
  const DeepResult first = run(1), second = run(1), other = run(2);
  EXPECT_TRUE(same_parameters(*first.network, *second.network));
  EXPECT_EQ(first.valid_logits, second.valid_logits);
  EXPECT_FALSE(same_parameters(*first.network, *other.network));
}

TEST_F(DeepTrainerTest, ValidLogitsAreThoseOfTheNetworkThatIsReturned) {
  const Corpus corpus = words(60);
  const DeepResult result = train(corpus, items_between(15, 60), items_between(0, 15), options_for(20));
  EXPECT_EQ(result.network->logits(corpus.views(items_between(0, 15)), 16), result.valid_logits);
  EXPECT_FALSE(result.curve.empty());
  EXPECT_EQ(result.steps, 20);
  EXPECT_GT(result.model_flops, 0);
}

TEST_F(DeepTrainerTest, LoadedPredictorGivesTheSameLogits) {
  const Corpus corpus = words(40);
  const DeepResult result = train(corpus, items_between(2, 40), {}, options_for(15));
  const std::vector<ItemView> items{corpus.view(0), corpus.view(1), corpus.view(5)};
  const ParameterBuffers saved = result.network->export_parameters();
  const std::vector<float> before = result.network->logits(items, 0);
  const std::vector<float> after =
      load_network(result.network->saved_spec(), saved.tensors, fastest_dtype())->logits(items, 0);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 2e-2);
  const std::vector<float> alone = result.network->logits(std::vector{items[1]}, 0);
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(alone[k], before[3 + k], 1e-5);
}

TEST_F(DeepTrainerTest, StopsWhenToldAndKeepsWhatItHas) {
  const Corpus corpus = words(40);
  DeepOptions options = options_for(1000);
  options.progress = [](const DeepProgress& state) { return state.step < 9; };
  const DeepResult result = train(corpus, items_between(10, 40), items_between(0, 10), options);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 9);
  EXPECT_EQ(result.valid_logits.size(), 30u);
}

TEST_F(DeepTrainerTest, EndsWhenTheTimeDoes) {
  const Corpus corpus = words(200);
  DeepOptions options = options_for(0);
  options.seconds = 3;
  const auto start = std::chrono::steady_clock::now();
  const DeepResult result = train(corpus, items_between(50, 200), items_between(0, 50), options);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  EXPECT_NEAR(took, 3, 0.45);
  EXPECT_GT(result.steps, 7);
}

TEST(DeepPlanTest, ShortBudgetsAndSlowMachinesGetSmallerNetworks) {
  const Corpus corpus = words(500);
  const std::vector<uint32_t> items = items_between(0, 500);
  const ByteNetworkSpec generous = plan_deep(corpus, items, 60, 2e11).spec,
                        poor = plan_deep(corpus, items, 0.1, 2e10).spec;
  EXPECT_GT(generous.stem_width, poor.stem_width);
  EXPECT_EQ(generous.n_labels, 3);
  EXPECT_EQ(generous.window_bytes, 256);
  EXPECT_LE(poor.stages.back().width, generous.stages.back().width);
}

TEST(DeepPlanTest, ADeepPartNeedsTimeToSeeEveryItemTwice) {
  const Corpus corpus = words(500);
  const std::vector<uint32_t> items = items_between(0, 500);
  EXPECT_TRUE(can_learn_deep(corpus, items, 60, 2e11));
  EXPECT_FALSE(can_learn_deep(corpus, items, 0.001, 2e9));
  EXPECT_TRUE(can_learn_deep(corpus, items, 1000 * 0.001, 1000 * 2e9)) << "it is their product that counts";
}

TEST(OptimiserTest, OrthogonalisedMatrixHasSingularValuesNearOne) {
  at::manual_seed(1);
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{96, 32}, {32, 96}, {48, 48}, {432, 48}, {48, 432}}) {
    const at::Tensor values = at::linalg_svdvals(orthogonalise(at::randn({rows, columns}), at::kFloat));
    EXPECT_GT(values.min().item<double>(), 0.3);
    EXPECT_LT(values.max().item<double>(), 1.3);
  }
}

TEST_F(DeepTrainerTest, LearnsSetsAndNumbers) {
  for (const Task task : {Task::kLabels, Task::kNumber}) {
    const Corpus corpus = with_task(words(300), task);
    DeepPlan plan = small_plan();
    plan.spec.n_labels = static_cast<int>(corpus.labels.size());
    const auto valid = items_between(240, 300);
    const DeepResult result = train(corpus, items_between(0, 240), valid, options_for(200), plan);
    ASSERT_EQ(result.valid_logits.size(), valid.size() * corpus.labels.size());
    EXPECT_EQ(result.valid_error, answer_error(result.valid_logits, targets_of(corpus, valid)));
    EXPECT_LT(result.valid_error, task == Task::kLabels ? 0.15 : 0.7) << task_name(task);
  }
}

}  // namespace
}  // namespace gulo
