// Training on a device: what it draws and learns, on the CPU without a graph, and with one on a device.
#include "engine/train/device_trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <type_traits>

#include "base/error.h"
#include "base/expect_error.h"
#include "data/temporary_tree.h"
#include "engine/cluster/cluster_threads.h"
#include "engine/device/device_graph.h"
#include "engine/train/resumed_training.h"
#include "engine/train/small_corpus.h"
#include "engine/train/small_pictures.h"
#include "engine/train/small_signals.h"
#include "engine/train/small_table.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

DeepPlan device_bytes_plan() {
  DeepPlan plan;
  plan.spec.taps = 4;
  plan.spec.stem_width = 32;
  plan.spec.stages = {{32, 1, 1}, {48, 1, 2}};
  plan.spec.window_bytes = 256;
  plan.spec.n_labels = 3;
  plan.feed.crop_fraction = 0.9;
  plan.step_bytes = 8192;
  return plan;
}

const auto kItems = items_between(0, 300), kValid = items_between(300, 360);

Corpus corpus() { return small_corpus(360, 3, 9); }

template <class Plan = DeepPlan>
DeepResult train(const Corpus& corpus, const DeepOptions& options, const DeviceRoom& room = at::kCPU,
                 const Plan& plan = device_bytes_plan()) {
  return train_deep_on_device(corpus, kValid, options, room.device, [&](double) {
    return setup_on_device(corpus, kItems, plan, options.seed, options.dtype, room);
  });
}

// A device that has room for a third of the items' bytes.
DeviceRoom too_small_for(const Corpus& corpus, const at::Device& device = at::kCPU) {
  return {device, corpus.n_bytes() / 3};
}

// Of many sizes; the largest are seen through windows.
Corpus pictures() { return small_pictures(360, Mark::kStripes, 12, 36); }

PixelPlan device_pixel_plan() {
  PixelPlan plan;
  plan.spec.stem_filters = 16;
  plan.spec.layers = {{32, true}, {48, true}};
  plan.spec.window = plan.feed.window = 32;
  plan.spec.mirrored = plan.feed.mirror = true;
  plan.spec.n_labels = 3;
  plan.feed.batch_items = 24;
  plan.feed.shift = 1;
  plan.optimiser = pixel_optimiser();
  return plan;
}

// Of many lengths; the longest are seen through windows.
Corpus signals() { return small_signals(360, {.n_times = 30, .channels = 2, .rate_hz = 8000, .n_more_times = 60}); }

SamplePlan small_sample_plan() {
  SamplePlan plan;
  plan.spec.taps = 16;
  plan.spec.stride = 4;
  plan.spec.filters = 16;
  plan.spec.channels = 2;
  plan.spec.stem_width = 32;
  plan.spec.stages = {{32, 1, 1}, {48, 1, 2}};
  plan.spec.window_samples = 64;
  plan.spec.n_labels = 2;
  plan.feed.window_samples = 64;
  plan.feed.stretch = 0.1;
  plan.hidden_frequencies = plan.hidden_times = 0.1;
  plan.items_per_batch = 24;
  return plan;
}

// As long as for the others: the same numbers of rows to learn from and to validate on.
Corpus table() { return small_table(360); }

CellPlan small_cell_plan(const Corpus& data) {
  return plan_cells(data, kItems, {.seconds = 0.1, .flops_per_s = 1e9}, kDeviceCells);
}

DeepOptions device_options_for(int64_t steps) {
  DeepOptions options;
  options.steps = steps;
  options.gemm_peak_flops_per_s = 1e11;
  return options;
}

TEST(DeviceOptimiser, TakesTheStepsOfTheCpus) {
  at::manual_seed(1);
  std::vector<Parameter> parameters, copies;
  for (const auto& [name, sizes, is_matrix] : {std::tuple{"a", std::vector<int64_t>{16, 48}, true},
                                               {"b", {48, 16}, true},
                                               {"c", {16, 48}, true},
                                               {"d", {16, 16}, true},
                                               {"e", {7}, false},
                                               {"f", {3, 5}, false}}) {
    const at::Tensor value = at::randn(sizes);
    const double rate_scale = std::string(name) == "f" ? 0.5 : 1;
    parameters.push_back({name, value.clone().set_requires_grad(true), is_matrix, true, rate_scale});
    copies.push_back({name, value.clone().set_requires_grad(true), is_matrix, true, rate_scale});
  }
  Optimiser optimiser(parameters, at::kFloat, {});
  DeviceOptimiser device_optimiser(copies, at::kFloat, {});
  for (const double scale : {0.3, 1.0, 0.7, 0.1}) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor gradient = at::randn_like(parameters[i].value.detach());
      parameters[i].value.mutable_grad() = gradient.clone();
      copies[i].value.mutable_grad() = gradient.clone();
    }
    optimiser.step(scale);
    device_optimiser.step(at::scalar_tensor(scale));
    for (size_t i = 0; i < parameters.size(); ++i) {
      EXPECT_TRUE(at::allclose(copies[i].value, parameters[i].value, 1e-3, 1e-5)) << parameters[i].name;
      EXPECT_FALSE(copies[i].value.grad().defined());
    }
  }
}

TEST(DeviceTrainer, LearnsAndGivesTheBestNetwork) {
  const Corpus data = corpus();
  DeepOptions options = device_options_for(120);
  std::vector<double> fractions;
  options.progress = [&](const DeepProgress& now) { return fractions.push_back(now.fraction), true; };
  const DeepResult result = train(data, options);
  EXPECT_EQ(result.steps, 120);
  EXPECT_LT(result.valid_error, 0.1);
  EXPECT_NEAR(result.epochs,
              120. * setup_on_device(data, kItems, device_bytes_plan(), 0, at::kFloat, at::kCPU).feed->n_slots() / 300,
              1e-9);
  EXPECT_GT(result.model_flops, 0);
  EXPECT_EQ(fractions.back(), 1);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  ASSERT_FALSE(result.curve.empty());
  EXPECT_LT(result.curve.back().loss, result.curve.front().loss);
  std::vector<ItemView> items;
  for (const uint32_t item : kValid) items.push_back(data.view(item));
  const std::vector<float> logits = result.network->logits(items, 0);
  for (size_t i = 0; i < logits.size(); ++i) ASSERT_NEAR(logits[i], result.valid_logits[i], 1e-3);
}

void expect_learned(const Corpus& data, const DeepResult& result, double most_error = 0.15) {
  EXPECT_LT(result.valid_error, most_error);
  EXPECT_GT(result.model_flops, 0);
  EXPECT_TRUE(result.network->on_cpu());
  std::vector<ItemView> items;
  for (const uint32_t item : kValid) items.push_back(data.view(item));
  const std::vector<float> logits = result.network->logits(items, 0);
  double squares = 0, differences = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    squares += std::pow(logits[i], 2);
    differences += std::pow(logits[i] - result.valid_logits[i], 2);
  }
  EXPECT_LT(differences, 1e-3 * squares);
}

TEST(DeviceTrainer, LearnsPicturesOfManySizes) {
  const Corpus data = pictures();
  const DeepResult result = train(data, device_options_for(100), at::kCPU, device_pixel_plan());
  EXPECT_EQ(result.steps, 100);
  expect_learned(data, result);
}

// The same pictures with 16 bits a value.
Corpus with_wide_values(const Corpus& pictures) {
  Corpus wide = pictures;
  wide.arena = {};
  for (size_t i = 0; i < pictures.n_items(); ++i) {
    for (const uint8_t value : pictures.item(i)) wide.arena.insert(wide.arena.end(), 2, value);  // times 257
    wide.offsets[i + 1] = wide.arena.size();
    wide.shapes[i].type = ValueType::kUint16;
  }
  wide.arena.resize(wide.arena.size() + Corpus::kArenaPadding);
  return wide;
}

TEST(DeviceTrainer, LearnsPicturesOf16Bits) {
  const Corpus data = pictures(), wide = with_wide_values(data);
  std::string why;
  EXPECT_TRUE(trains_on_device(wide, &why)) << why;
  const DeepResult expected = train(data, device_options_for(4), at::kCPU, device_pixel_plan()),
                   few = train(wide, device_options_for(4), at::kCPU, device_pixel_plan());
  for (size_t i = 0; i < expected.valid_logits.size(); ++i)
    ASSERT_NEAR(few.valid_logits[i], expected.valid_logits[i], 1e-2) << i;
  expect_learned(wide, train(wide, device_options_for(100), too_small_for(wide), device_pixel_plan()));
}

TEST(DeviceTrainer, LearnsPicturesThatFillTheirSlots) {
  const Corpus data = small_pictures(360, Mark::kStripes, 18, 18);
  expect_learned(data, train(data, device_options_for(100), at::kCPU, device_pixel_plan()));
}

TEST(DeviceTrainer, LearnsSignalsOfManyLengths) {
  const Corpus data = signals();
  const DeepResult result = train(data, device_options_for(100), at::kCPU, small_sample_plan());
  EXPECT_EQ(result.steps, 100);
  EXPECT_NEAR(result.epochs, 100. * 24 / 300, 1e-9);
  expect_learned(data, result);
}

TEST(DeviceTrainer, LearnsATable) {
  const Corpus data = table();
  const DeepResult result = train(data, device_options_for(100), at::kCPU, small_cell_plan(data));
  EXPECT_EQ(result.steps, 100);
  EXPECT_NEAR(result.epochs, 100. * 75 / 300, 1e-9);
  EXPECT_EQ(result.curve.size(), 1u);  // the last network is the best
  expect_learned(data, result);
}

TEST(DeviceTrainer, LearnsATablesSetsOfLabelsAndNumbers) {
  for (const auto& [data, most_error] : {std::pair{with_sets(table()), 0.15}, {with_numbers(table()), 0.5}})
    expect_learned(data, train(data, device_options_for(100), at::kCPU, small_cell_plan(data)), most_error);
}

TEST(DeviceTrainer, LearnsATableThatDoesNotFitOnTheDevice) {
  const Corpus data = table();
  const DeepResult result = train(data, device_options_for(100), too_small_for(data), small_cell_plan(data));
  EXPECT_GT(result.shards_copied, 10);
  expect_learned(data, result);
}

TEST(DeviceTrainer, TunesATablesAnswers) {
  const Corpus data = table();
  const DeepResult result = train(data, device_options_for(20), at::kCPU, small_cell_plan(data));
  for (const Parameter& parameter : result.network->parameters())
    if (parameter.name == "answer.shares") {
      EXPECT_GT(parameter.value.max().item<double>() - parameter.value.min().item<double>(), 0.01);
    }
}

TEST(DeviceTrainer, LearnsSetsOfLabels) {
  const Corpus data = with_sets(corpus());
  expect_learned(data, train(data, device_options_for(120)));
}

TEST(DeviceTrainer, LearnsNumbers) {
  const Corpus data = with_numbers(corpus());
  DeepPlan plan = device_bytes_plan();
  plan.spec.n_labels = 1;
  expect_learned(data, train(data, device_options_for(300), at::kCPU, plan), 0.25);  // of their deviation
}

TEST(DeviceTrainer, LearnsItemsThatDoNotFitOnTheDevice) {
  const Corpus data = corpus();
  const DeepResult result = train(data, device_options_for(120), too_small_for(data));
  EXPECT_GT(result.shards_copied, 10);
  expect_learned(data, result, 0.1);
  EXPECT_EQ(train(data, device_options_for(1)).shards_copied, 0);
}

TEST(DeviceTrainer, LearnsPicturesThatDoNotFitOnTheDevice) {
  const Corpus data = pictures();
  const DeepResult result = train(data, device_options_for(100), too_small_for(data), device_pixel_plan());
  EXPECT_GT(result.shards_copied, 10);
  expect_learned(data, result);
}

TEST(DeviceTrainer, LearnsSignalsThatDoNotFitOnTheDevice) {
  const Corpus data = signals();
  const DeepResult result = train(data, device_options_for(100), too_small_for(data), small_sample_plan());
  EXPECT_GT(result.shards_copied, 10);
  expect_learned(data, result);
}

// Neither in memory nor on the device: training and validation items come from the file, shard by shard.
TEST(DeviceTrainer, LearnsItemsOfAFile) {
  const TemporaryTree tree;
  Corpus data = corpus();
  data.arena.set_limits({.memory_bytes = 4096, .folder = tree.root()});
  data.arena.resize(data.arena.size());
  ASSERT_TRUE(data.arena.in_file());
  std::string why;
  EXPECT_TRUE(trains_on_device(data, &why)) << why;
  const DeepResult streamed = train(data, device_options_for(120), too_small_for(data));
  EXPECT_GT(streamed.shards_copied, 10);
  expect_learned(data, streamed, 0.1);
  const Corpus in_memory = corpus();
  EXPECT_EQ(train(data, device_options_for(12)).valid_logits, train(in_memory, device_options_for(12)).valid_logits);
  EXPECT_EQ(train(data, device_options_for(12), too_small_for(data)).valid_logits.size(), 3 * kValid.size());
}

TEST(DeviceTrainer, SaysWhatTheFeedCosts) {
  const Corpus data = corpus();
  for (const DeviceRoom& room : {DeviceRoom(at::kCPU), too_small_for(data)}) {
    const DeepResult result = train(data, device_options_for(30), room);
    EXPECT_GT(result.feed_overhead, 0.3);
    EXPECT_LT(result.feed_overhead, 3);
  }
  EXPECT_TRUE(std::isnan(train(data, device_options_for(3)).feed_overhead));  // too few steps to tell
}

TEST(DeviceSteps, AHeldBatchLeavesNoTrace) {
  const Corpus data = pictures();
  const auto parameters_after = [&](int n_held) {
    at::manual_seed(3);
    DeviceSteps steps(setup_on_device(data, kItems, device_pixel_plan(), 0, at::kFloat, at::kCPU), at::kFloat);
    steps.set_fraction_per_step(1. / 10);
    steps.step();
    if (n_held > 0) steps.hold_batch();
    for (int i = 0; i < n_held; ++i) steps.step_on_held_batch();
    if (n_held > 0) {
      EXPECT_NEAR(steps.fraction(), (1 + n_held) / 10., 1e-9);
      steps.drop_batch();
    }
    EXPECT_NEAR(steps.fraction(), 1 / 10., 1e-9);
    for (int i = 0; i < 3; ++i) steps.step();
    std::vector<at::Tensor> values;
    for (const Parameter& parameter : steps.network().parameters()) values.push_back(parameter.value.detach().clone());
    values.push_back(at::scalar_tensor(steps.loss()));
    return values;
  };
  const auto without = parameters_after(0), with = parameters_after(3);
  for (size_t i = 0; i < with.size(); ++i) EXPECT_TRUE(at::equal(with[i], without[i])) << "parameter " << i;
}

TEST(DeviceTrainer, EndsWhereMoreEpochsWouldTeachNothingNew) {
  DeepOptions options = device_options_for(0);
  options.seconds = 60;
  PixelPlan plan = device_pixel_plan();
  plan.max_epochs = 2;
  const DeepResult result = train(pictures(), options, at::kCPU, plan);
  EXPECT_NEAR(result.epochs, 2, 0.2);
  EXPECT_LT(result.loop_seconds, 30);
}

// Of tables all epochs that were asked for count, the first steps' too.
TEST(DeviceTrainer, EndsATableAfterTheEpochsAskedFor) {
  const Corpus data = table();
  DeepOptions options = device_options_for(0);
  options.seconds = 60;
  CellPlan plan = small_cell_plan(data);
  plan.max_epochs = 6;
  options.progress = [&](const DeepProgress& now) {
    EXPECT_NEAR(now.fraction, static_cast<double>(now.step) / 24, 1e-6);
    return true;
  };
  const DeepResult result = train(data, options, at::kCPU, plan);
  EXPECT_EQ(result.steps, 24);
  EXPECT_EQ(result.epochs, 6);
  expect_learned(data, result, 0.2);
}

TEST(DeviceTrainer, SameSeedSameBits) {
  const Corpus data = corpus();
  const DeepResult a = train(data, device_options_for(12)), b = train(data, device_options_for(12));
  EXPECT_EQ(a.valid_logits, b.valid_logits);
  DeepOptions other = device_options_for(12);
  other.seed = 1;
  EXPECT_NE(a.valid_logits, train(data, other).valid_logits);
}

TEST(DeviceTrainer, EndsInTime) {
  const Corpus data = corpus();
  DeepOptions options = device_options_for(0);
  options.seconds = 3;
  const DeepResult result = train(data, options);
  EXPECT_GT(result.steps, 15);
  EXPECT_LT(result.loop_seconds, 4);
}

TEST(DeviceTrainer, StopsWhenAsked) {
  DeepOptions options = device_options_for(1000);
  options.progress = [](const DeepProgress& now) { return now.step < 10; };
  const DeepResult result = train(corpus(), options);
  EXPECT_TRUE(result.interrupted);
  EXPECT_EQ(result.steps, 10);
}

TEST(DeviceTrainer, GoesOnFromACheckpoint) {
  const Corpus data = corpus(), rows = table();
  expect_goes_on(device_options_for(30), [&](const DeepOptions& options) { return train(data, options); });
  expect_goes_on(device_options_for(24),
                 [&](const DeepOptions& options) { return train(data, options, too_small_for(data)); });
  expect_goes_on(device_options_for(24),
                 [&](const DeepOptions& options) { return train(rows, options, at::kCPU, small_cell_plan(rows)); });
}

TEST(DeviceTrainer, GoesOnWhereItWasAskedToStop) {
  const Corpus data = corpus();
  DeepOptions options = device_options_for(30);
  const DeepResult whole = train(data, options);
  std::vector<TrainingState> states;
  options.checkpoint = [&](const TrainingState& state) { states.push_back(kept(state)); };
  options.checkpoint_s = 1000;
  options.progress = [](const DeepProgress& now) { return now.step < 13; };
  EXPECT_TRUE(train(data, options).interrupted);
  ASSERT_EQ(states.size(), 1u);
  options.progress = nullptr;
  options.resume = &states[0];
  expect_same(whole, train(data, options));
}

TEST(DeviceTrainer, ACheckpointOfAnotherNetworkIsAnError) {
  const Corpus data = corpus();
  DeepOptions options = device_options_for(12);
  TrainingState state;
  options.checkpoint = [&](const TrainingState& now) { state = kept(now); };
  train(data, options);
  options.resume = &state;
  DeepPlan wider = device_bytes_plan();
  wider.spec.stem_width = 64;
  expect_contains(error_text(ErrorKind::kData, [&] { train(data, options, at::kCPU, wider); }), "another network");
}

// What is drawn from LibTorch's generator is other in a graph, and in each of several processes.
template <class Plan>
void hide_nothing(Plan& plan) {
  plan.head_dropout = 0;
  if constexpr (std::is_same_v<Plan, SamplePlan>) plan.hidden_frequencies = plan.hidden_times = 0;
}

// Of several processes, on the CPU. What is dropped is drawn by each process for itself: nothing is.
template <class Plan>
std::vector<double> losses_of(const Corpus& data, Plan plan, int64_t steps, Cluster* cluster, DeepResult* result) {
  at::set_num_threads(1);
  hide_nothing(plan);
  DeepOptions options = device_options_for(steps);
  options.cluster = cluster;
  std::vector<double> losses;
  options.progress = [&](const DeepProgress& now) { return losses.push_back(now.loss), true; };
  *result = train(data, options, at::kCPU, plan);
  return losses;
}

template <class Plan>
void expect_the_losses_of_one_process(const Corpus& data, const Plan& plan) {
  constexpr int64_t kSteps = 16;
  DeepResult alone;
  const std::vector<double> losses = losses_of(data, plan, kSteps, nullptr, &alone);
  for (const int n_ranks : {2, 3}) {
    std::vector<DeepResult> results(static_cast<size_t>(n_ranks));
    expect_no_errors(run_as_cluster(n_ranks, [&](Cluster& cluster) {
      DeepResult& mine = results[static_cast<size_t>(cluster.rank())];
      const std::vector<double> together = losses_of(data, plan, kSteps, &cluster, &mine);
      ASSERT_EQ(together.size(), losses.size());
      for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(together[i], losses[i], 2e-3) << i;
    }));
    for (const DeepResult& result : results) {
      EXPECT_EQ(result.valid_logits, results[0].valid_logits);
      EXPECT_EQ(result.epochs, alone.epochs);
      for (size_t i = 0; i < result.network->parameters().size(); ++i)
        EXPECT_TRUE(at::equal(result.network->parameters()[i].value, results[0].network->parameters()[i].value));
    }
  }
}

TEST(DeviceTrainerOfSeveral, HasTheLossesOfOneProcess) {
  expect_the_losses_of_one_process(corpus(), device_bytes_plan());
  expect_the_losses_of_one_process(signals(), small_sample_plan());
}

// Normalised by each process' own slots: not the losses of one process.
TEST(DeviceTrainerOfSeveral, LearnsPictures) {
  const Corpus data = pictures();
  std::vector<DeepResult> results(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    losses_of(data, device_pixel_plan(), 100, &cluster, &results[static_cast<size_t>(cluster.rank())]);
  }));
  for (const DeepResult& result : results) {
    expect_learned(data, result);
    EXPECT_EQ(result.valid_logits, results[0].valid_logits);
  }
}

// A row is compared with its own process' rows: not the losses of one process.
TEST(DeviceTrainerOfSeveral, LearnsATable) {
  const Corpus data = table();
  std::vector<DeepResult> results(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    losses_of(data, small_cell_plan(data), 60, &cluster, &results[static_cast<size_t>(cluster.rank())]);
  }));
  for (const DeepResult& result : results) {
    expect_learned(data, result);
    EXPECT_EQ(result.valid_logits, results[0].valid_logits);
  }
}

TEST(DeviceTrainerOfSeveral, GoOnFromACheckpointOfTheFirst) {
  const Corpus data = corpus();
  DeepPlan plan = device_bytes_plan();
  hide_nothing(plan);
  std::vector<TrainingState> states;
  std::vector<DeepResult> whole(2), resumed(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    at::set_num_threads(1);
    const auto rank = static_cast<size_t>(cluster.rank());
    DeepOptions options = device_options_for(24);
    options.cluster = &cluster;
    options.checkpoint = [&](const TrainingState& state) { states.push_back(kept(state)); };
    options.checkpoint_s = 1e-9;
    whole[rank] = train(data, options, at::kCPU, plan);
    const TrainingState middle =
        share_training_state(cluster, cluster.is_first() ? states[states.size() / 2] : TrainingState());
    options.checkpoint = nullptr;
    options.resume = &middle;
    resumed[rank] = train(data, options, at::kCPU, plan);
  }));
  EXPECT_LT(states[states.size() / 2].fact<int64_t>("steps"), 20);
  for (size_t rank = 0; rank < 2; ++rank) expect_same(whole[rank], resumed[rank]);
}

TEST(DeviceTrainerOfSeveral, EndsTogether) {
  const Corpus data = corpus();
  std::vector<int64_t> timed(2), stopped(2);
  expect_no_errors(run_as_cluster(2, [&](Cluster& cluster) {
    at::set_num_threads(1);
    const auto rank = static_cast<size_t>(cluster.rank());
    DeepOptions options = device_options_for(0);
    options.seconds = 1;
    options.cluster = &cluster;
    timed[rank] = train(data, options).steps;
    options.steps = 1000;
    options.progress = [&](const DeepProgress& now) { return rank == 0 || now.step < 10; };
    stopped[rank] = train(data, options).steps;
  }));
  EXPECT_GT(timed[0], 5);
  EXPECT_EQ(timed[0], timed[1]);
  EXPECT_EQ(stopped, (std::vector<int64_t>{10, 10}));
}

TEST(TrainsOnDevice, RefusesOtherKindsAndLongRows) {
  const std::string text(300 << 10, 'a');
  std::string why;
  EXPECT_TRUE(trains_on_device(table(), &why)) << why;
  EXPECT_FALSE(trains_on_device(table_corpus({{"1", "b"}, {"2", text}}), &why));
  EXPECT_NE(why.find("rows"), std::string::npos) << why;
  Corpus fields = table();
  fields.kind = Kind::kFields;
  EXPECT_FALSE(trains_on_device(fields, &why));
}

// A batch has room for its longest row's n-grams in every slot.
TEST(SetupOnDevice, LongTextsMakeSmallerBatches) {
  constexpr size_t kLength = 100 << 10;
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 400; ++i)
    rows.push_back({std::to_string(i), i == 7 ? std::string(kLength, 'a') : "b" + std::to_string(i)});
  Corpus data = table_corpus(rows);
  data.labels = {"one", "two"};
  const std::vector<uint32_t> items = items_between(0, 400);
  CellPlan plan = plan_cells(data, items, {.seconds = 0.1, .flops_per_s = 1e9}, kDeviceCells);
  plan.batch_rows = 300;
  const auto n_slots = setup_on_device(data, items, plan, 0, at::kFloat, at::kCPU).feed->n_slots();
  EXPECT_EQ(n_slots, (1 << 25) / (3 * static_cast<int64_t>(kLength)));  // as many n-grams, ends marked
}

TEST(DeviceTrainer, ADivergedTrainingIsAnError) {
  DeepOptions options = device_options_for(30);
  const Corpus data = corpus();
  EXPECT_THROW(train_deep_on_device(data, kValid, options, at::kCPU,
                                    [&](double) {
                                      DeepPlan plan = device_bytes_plan();
                                      plan.optimiser.adam_rate = plan.optimiser.muon_rate = 1e30;
                                      return setup_on_device(data, kItems, plan, 0, at::kFloat, at::kCPU);
                                    }),
               Error);
}

// Steps of a graph change what steps one by one change: the same numbers, but for the order of cuBLAS' sums.
template <class Plan>
void expect_same_steps_of_a_graph(const Corpus& data, Plan plan, const DeviceRoom& room = at::kCUDA) {
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  hide_nothing(plan);
  const auto parameters_after = [&](bool with_graph) {
    DeviceGraph graph;
    std::optional<DeviceSteps> steps;
    graph.run([&] {
      DeviceSetup setup = setup_on_device(data, kItems, plan, 0, at::kFloat, room);
      setup.network->to(at::kCUDA);
      steps.emplace(std::move(setup), at::kFloat);
      steps->set_fraction_per_step(1. / 40);
    });
    int64_t n_done = 0;
    const auto one_by_one = [&] {
      for (int i = 0; i < 4; ++i, ++n_done) {
        EXPECT_EQ(steps->setup().feed->reserve(n_done, 1), 1);
        graph.run([&] { steps->step(); });
      }
    };
    one_by_one();
    if (with_graph) graph.capture([&] { steps->step(); }, 4);
    while (n_done < 20) {
      if (!with_graph || steps->setup().feed->reserve(n_done, 4) < 4) {
        one_by_one();
        continue;
      }
      graph.replay();
      n_done += 4;
    }
    EXPECT_NEAR(steps->fraction(), 20. / 40, 1e-9);
    std::vector<at::Tensor> values;
    for (const Parameter& parameter : steps->network().parameters()) values.push_back(parameter.value.detach().cpu());
    return values;
  };
  const auto one_by_one = parameters_after(false), replayed = parameters_after(true);
  for (size_t i = 0; i < replayed.size(); ++i)
    EXPECT_TRUE(at::allclose(replayed[i], one_by_one[i], 1e-3, 1e-4)) << "parameter " << i;
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  expect_same_steps_of_a_graph(corpus(), device_bytes_plan());
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsWhileShardsComeAndGoOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Corpus data = corpus();
  expect_same_steps_of_a_graph(data, device_bytes_plan(), too_small_for(data, at::kCUDA));
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsWithPicturesOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  expect_same_steps_of_a_graph(pictures(), device_pixel_plan());
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsWithSignalsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  expect_same_steps_of_a_graph(signals(), small_sample_plan());
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsWithATableOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Corpus data = table();
  expect_same_steps_of_a_graph(data, small_cell_plan(data));
}

TEST(DeviceTrainer, AGraphTakesTheSameStepsWithSetsOfLabelsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  expect_same_steps_of_a_graph(with_sets(corpus()), device_bytes_plan());
}

TEST(DeviceTrainer, LearnsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(120);
  options.dtype = at::kBFloat16;
  const DeepResult result = train(corpus(), options, at::kCUDA);
  EXPECT_EQ(result.steps, 120);
  EXPECT_LT(result.valid_error, 0.1);
}

TEST(DeviceTrainer, GoesOnFromACheckpointOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Corpus data = corpus();
  DeepOptions options = device_options_for(120);
  options.dtype = at::kBFloat16;
  std::vector<TrainingState> states;
  options.checkpoint = [&](const TrainingState& state) { states.push_back(kept(state)); };
  options.progress = [](const DeepProgress& now) { return now.step < 40; };
  options.checkpoint_s = 1000;
  EXPECT_TRUE(train(data, options, at::kCUDA).interrupted);
  ASSERT_EQ(states.size(), 1u);
  options.progress = nullptr;
  options.resume = &states[0];
  const DeepResult result = train(data, options, at::kCUDA);
  EXPECT_EQ(result.steps, 120);
  EXPECT_LT(result.valid_error, 0.1);
}

TEST(DeviceTrainer, LearnsItemsThatDoNotFitOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(120);
  options.dtype = at::kBFloat16;
  const Corpus data = corpus();
  const DeepResult result = train(data, options, too_small_for(data, at::kCUDA));
  EXPECT_GT(result.shards_copied, 10);
  EXPECT_LT(result.valid_error, 0.1);
  EXPECT_GT(result.feed_overhead, 0.3);
}

TEST(DeviceTrainer, LearnsPicturesOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(100);
  options.dtype = at::kBFloat16;
  const Corpus data = pictures();
  expect_learned(data, train(data, options, at::kCUDA, device_pixel_plan()));
}

TEST(DeviceTrainer, LearnsATableOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(100);
  options.dtype = at::kBFloat16;
  const Corpus data = table();
  expect_learned(data, train(data, options, at::kCUDA, small_cell_plan(data)));
}

TEST(DeviceTrainer, LearnsPicturesOf16BitsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(100);
  options.dtype = at::kBFloat16;
  const Corpus data = with_wide_values(pictures());
  expect_learned(data, train(data, options, at::kCUDA, device_pixel_plan()));
}

TEST(DeviceTrainer, LearnsSignalsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  DeepOptions options = device_options_for(100);
  options.dtype = at::kBFloat16;
  const Corpus data = signals();
  expect_learned(data, train(data, options, at::kCUDA, small_sample_plan()));
}

}  // namespace
}  // namespace gulo
