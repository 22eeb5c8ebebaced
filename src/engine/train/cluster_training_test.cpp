// Several processes that train together learn as one does that sees the whole batches.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "engine/cluster/cluster_threads.h"
#include "engine/cluster/gradient_shares.h"
#include "engine/feed/fields_feed.h"
#include "engine/train/deep_setup.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/optimiser.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_fields.h"

namespace gulo {
namespace {

struct Trained {
  std::vector<double> losses;  // after each step
  DeepResult result;
};

// options: of checkpoints, or none.
Trained train(const Corpus& corpus, const std::vector<uint32_t>& items, const std::vector<uint32_t>& valid,
              int64_t steps, Cluster* cluster, DeepOptions options = {}) {
  at::set_num_threads(1);
  Trained trained;
  options.steps = steps;
  options.seed = 3;
  options.gemm_peak_flops_per_s = 1e11;
  options.cluster = cluster;
  options.setup = [&](double flops_per_s) {
    return setup_deep(corpus, items, {.seconds = 0.01, .flops_per_s = flops_per_s, .seed = 3});
  };
  options.progress = [&](const DeepProgress& now) {
    trained.losses.push_back(now.loss);
    return true;
  };
  trained.result = train_deep(corpus, valid, options);
  return trained;
}

std::vector<Trained> train_together(int n_ranks, const Corpus& corpus, const std::vector<uint32_t>& items,
                                    const std::vector<uint32_t>& valid, int64_t steps) {
  std::vector<Trained> all(static_cast<size_t>(n_ranks));
  expect_no_errors(run_as_cluster(n_ranks, [&](Cluster& cluster) {
    all[static_cast<size_t>(cluster.rank())] = train(corpus, items, valid, steps, &cluster);
  }));
  return all;
}

void expect_same_networks(const std::vector<Trained>& all) {
  for (const Trained& one : all) {
    ASSERT_TRUE(one.result.network);
    EXPECT_EQ(one.losses, all[0].losses);
    for (size_t i = 0; i < one.result.network->parameters().size(); ++i)
      EXPECT_TRUE(at::equal(one.result.network->parameters()[i].value, all[0].result.network->parameters()[i].value))
          << one.result.network->parameters()[i].name;
  }
}

class ClusterTraining : public ::testing::TestWithParam<size_t> {};

// Of each kind; sums are added up in another order, and the optimiser makes more of it from step to step.
TEST_P(ClusterTraining, HasTheLossesOfOneProcess) {
  const Corpus fields = many_fields(160);
  std::vector<uint32_t> all_items = items_between(0, fields.n_items());
  const FieldCorpus part = take_field(fields, GetParam(), all_items, 2);
  const std::vector<uint32_t> items(part.present.begin(), part.present.end() - 20),
      valid(part.present.end() - 20, part.present.end());
  constexpr int64_t kSteps = 8;
  const Trained alone = train(part.corpus, items, valid, kSteps, nullptr);
  for (const int n_ranks : {2, 4}) {
    const std::vector<Trained> together = train_together(n_ranks, part.corpus, items, valid, kSteps);
    expect_same_networks(together);
    ASSERT_EQ(together[0].losses.size(), alone.losses.size());
    for (size_t i = 0; i < alone.losses.size(); ++i)
      EXPECT_NEAR(together[0].losses[i], alone.losses[i], i == 0 ? 1e-5 : 2e-3) << "step " << i + 1;
    EXPECT_EQ(together[0].result.epochs, alone.result.epochs);
    EXPECT_EQ(together[0].result.model_flops, alone.result.model_flops);
    for (size_t i = 0; i < alone.result.valid_logits.size(); ++i)
      EXPECT_NEAR(together[0].result.valid_logits[i], alone.result.valid_logits[i], 0.05);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, ClusterTraining, ::testing::Values(0, 1, 2, 3), [](const auto& info) {
  return std::string(many_fields(1).fields[info.param].name) + "Field";
});

TEST(ClusterTrainingOfFields, EndsWithTheSameNetworkEverywhere) {
  const Corpus corpus = many_fields(120);
  expect_same_networks(train_together(3, corpus, items_between(0, 100), items_between(100, 120), 9));
}

TEST(BalancedShares, AreOfLikeCost) {
  using Shares = std::vector<std::vector<size_t>>;
  EXPECT_EQ(balanced_shares({1, 3, 3, 2, 5}, 2), (Shares{{4, 3}, {1, 2, 0}}));
  EXPECT_EQ(balanced_shares({1, 2}, 3), (Shares{{1}, {0}, {}}));
}

// Matrices of several shapes, and two vectors.
std::vector<Parameter> some_parameters(const at::Generator& generator) {
  std::vector<Parameter> parameters;
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{64, 32}, {32, 96}, {48, 48}, {16, 16}})
    parameters.push_back({"matrix", at::empty({rows, columns}).normal_(0, 1, generator), true});
  for (const int64_t n : {40, 3}) parameters.push_back({"vector", at::empty({n}).normal_(0, 1, generator)});
  for (Parameter& parameter : parameters) parameter.value.set_requires_grad(true);
  return parameters;
}

// State and parameters after some steps, the last one without the first matrix' gradient. Of several processes each
// parameter's gradient comes from one of them, so that sums are exact.
std::vector<at::Tensor> optimised(at::ScalarType dtype, Cluster* cluster) {
  at::set_num_threads(1);
  at::Generator generator = at::detail::createCPUGenerator(1);
  const std::vector<Parameter> parameters = some_parameters(generator);
  Optimiser optimiser(parameters, dtype, {}, cluster);
  std::vector<at::Tensor> values;
  for (const Parameter& parameter : parameters) values.push_back(parameter.value);
  std::optional<GradientShares> shares;
  if (cluster) shares.emplace(*cluster, values, optimiser.owners());
  for (int step = 0; step < 4; ++step) {
    if (shares) shares->begin();
    at::Tensor loss = at::zeros({});
    for (size_t i = 0; i < values.size(); ++i) {
      const at::Tensor gradient = at::empty(values[i].sizes()).normal_(0, 1, generator);
      const bool is_mine = !cluster || static_cast<int>(i + 1) % cluster->size() == cluster->rank();
      if (is_mine && (step < 3 || i > 0)) loss = loss + (values[i] * gradient).sum();
    }
    if (loss.requires_grad()) loss.backward();
    if (shares) shares->finish();
    optimiser.step(1);
    if (shares) shares->spread();
  }
  optimiser.collect_state();
  std::vector<at::Tensor> all = optimiser.state();
  for (const at::Tensor& value : values) all.push_back(value.detach());
  return all;
}

TEST(OptimiserOfSeveral, TakesTheStepsOfOne) {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    const std::vector<at::Tensor> alone = optimised(dtype, nullptr);
    for (const int n_ranks : {2, 7}) {
      expect_no_errors(run_as_cluster(n_ranks, [&](Cluster& cluster) {
        const std::vector<at::Tensor> mine = optimised(dtype, &cluster);
        ASSERT_EQ(mine.size(), alone.size());
        for (size_t i = 0; i < mine.size(); ++i) EXPECT_TRUE(at::equal(mine[i], alone[i])) << i;
      }));
    }
  }
}

TEST(OptimiserOfSeveral, EachOwnsItsShare) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 4; ++i) parameters.push_back({"matrix", at::zeros({64, 64}), true});
  parameters.push_back({"table", at::zeros({10, 10}), false, false});  // not trained
  std::vector<int> n_owned(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    const std::vector<int> owners = Optimiser(parameters, at::kFloat, {}, &cluster).owners();
    EXPECT_EQ(owners.size(), 4U);
    n_owned[static_cast<size_t>(cluster.rank())] = static_cast<int>(std::ranges::count(owners, cluster.rank()));
  }));
  EXPECT_EQ(n_owned, (std::vector<int>{2, 2}));
}

// Pictures: their steps are quick.
Corpus photos(size_t n_items) { return take_field(many_fields(n_items), 1, items_between(0, n_items), 2).corpus; }

TEST(ClusterTrainingOfFew, LearnsWholeBatchesEverywhere) {
  const Corpus corpus = photos(3);
  const std::vector<uint32_t> items = items_between(0, 1);
  const Trained alone = train(corpus, items, {}, 4, nullptr);
  const std::vector<Trained> together = train_together(2, corpus, items, {}, 4);
  expect_same_networks(together);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(together[0].losses[i], alone.losses[i], 2e-3);
}

// Moments are kept by their owners: a checkpoint has those of all.
TEST(ClusterTrainingResumed, GivesTheSameBits) {
  const Corpus corpus = photos(70);
  std::vector<uint32_t> items, valid;
  for (const uint32_t item : items_between(0, corpus.n_items()))  // the seventh has no picture
    if (item % 7 != 6) (item < 56 ? items : valid).push_back(item);
  constexpr int64_t kSteps = 14;
  std::vector<TrainingState> states;
  std::vector<Trained> whole(2), resumed(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    DeepOptions options;
    options.checkpoint_s = 1e-9;
    // Deep copies: the trainer goes on with its tensors.
    if (cluster.is_first())
      options.checkpoint = [&](const TrainingState& now) {
        for (auto& [name, tensor] : states.emplace_back(now).tensors) tensor = tensor.clone();
      };
    whole[static_cast<size_t>(cluster.rank())] = train(corpus, items, valid, kSteps, &cluster, options);
  }));
  ASSERT_GT(states.size(), 3U);
  const TrainingState& middle = states[states.size() / 2];
  EXPECT_LT(middle.fact<int64_t>("steps"), kSteps - 1);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    DeepOptions options;
    options.resume = &middle;
    resumed[static_cast<size_t>(cluster.rank())] = train(corpus, items, valid, kSteps, &cluster, options);
  }));
  expect_same_networks(resumed);
  resumed[0].losses = whole[0].losses;
  expect_same_networks({whole[0], resumed[0]});
  EXPECT_EQ(whole[0].result.valid_logits, resumed[0].result.valid_logits);
}

TEST(ClusterTrainingInTime, EndsTogether) {
  const Corpus corpus = photos(6 * 7);
  std::vector<int64_t> steps(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    at::set_num_threads(1);
    const std::vector<uint32_t> items{0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19};
    DeepOptions options;
    options.seconds = 3;
    options.cluster = &cluster;
    options.setup = [&](double flops_per_s) {
      return setup_deep(corpus, items, {.seconds = 0.01, .flops_per_s = flops_per_s});
    };
    const DeepResult result = train_deep(corpus, items_between(28, 34), options);
    steps[static_cast<size_t>(cluster.rank())] = result.steps;
    EXPECT_FALSE(result.valid_logits.empty());
  }));
  EXPECT_EQ(steps[0], steps[1]);
  EXPECT_GT(steps[0], 0);
}

}  // namespace
}  // namespace gulo
