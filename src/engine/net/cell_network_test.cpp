#include "engine/net/cell_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "data/cells.h"
#include "engine/net/make_network.h"
#include "engine/net/tensor_checks.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

constexpr int kRows = 60, kLabels = 3;

CellNetworkSpec small_cell_spec() {
  return {.columns = {{.number = true}, {.number = true, .value = true}, {.value = true, .text = true}},
          .n_knots = 9,
          .n_waves = 4,
          .log2_rows = 10,
          .embedding_width = 8,
          .n_members = 4,
          .member_width = 16,
          .hidden_width = 32,
          .n_labels = kLabels};
}

// Rows with missing, huge and infinite numbers; labels at random, so that they can only be learned by heart.
struct Table {
  std::vector<std::vector<uint8_t>> packed;
  at::Tensor labels = at::empty({kRows}, at::kLong);

  Table() {
    Rng rng(5);
    const std::string odd[] = {"?", "", "1e30", "-inf", "nan"}, words[] = {"red", "green", "blue"};
    for (int i = 0; i < kRows; ++i) {
      const std::string first = i % 10 == 0 ? odd[i / 10 % 5] : std::to_string(rng.uniform());
      packed.push_back(pack_cells(std::vector<std::string>{first, std::to_string(rng.below(7)), words[rng.below(3)]}));
      labels[i] = static_cast<int64_t>(rng.below(kLabels));
    }
  }
  std::vector<ItemView> views() const {
    std::vector<ItemView> views;
    for (const auto& row : packed) views.push_back({{ValueType::kUint8, {3, 1, 1}}, row});
    return views;
  }
};

// Labels: those from the row's own on; a number: the row's label, as it is.
BatchTargets targets_of(Task task, const Table& table) {
  const at::Tensor labels = table.labels.unsqueeze(1);
  if (task == Task::kLabel) return {task, table.labels};
  if (task == Task::kNumber) return {task, labels.to(at::kFloat)};
  return {task, at::arange(kLabels).unsqueeze(0).ge(labels).to(at::kFloat)};
}

CellNetworkSpec spec_of(Task task) {
  CellNetworkSpec spec = small_cell_spec();
  spec.task = task;
  if (task == Task::kNumber) spec.n_labels = 1;
  return spec;
}

CellNetwork begun(CellNetworkSpec spec, const Table& table, uint64_t seed) {
  const RememberedRows remembered{cell_batch(cell_layout(spec), table.views()), targets_of(spec.task, table)};
  spec.n_remembered = kRows;
  spec.n_remembered_lookups = static_cast<int>(remembered.rows.values[kCellRows].numel());
  CellNetwork network(spec, seed);
  network.begin_with(at::linspace(0, 1, spec.n_knots).repeat({2, 1}) * at::tensor({1., 6.}).unsqueeze(1),
                     at::ones({int64_t{1} << spec.log2_rows}), remembered);
  return network;
}

double train(CellNetwork& network, const Table& table, int n_steps, double rate) {
  const Batch batch = cell_batch(network.stem().layout(), table.views());
  double loss = 0;
  for (int i = 0; i < n_steps; ++i) {
    const at::Tensor now =
        network.loss(batch, targets_of(network.spec().task, table), {.seed = static_cast<uint64_t>(i)});
    now.backward();
    loss = now.item<double>();
    for (const Parameter& parameter : network.parameters()) {
      if (!parameter.trained || !parameter.value.grad().defined()) continue;
      // The gradient's sign: every parameter moves, however small its gradient is.
      parameter.value.detach().sub_(parameter.value.grad().sign() * (rate * (1 - static_cast<double>(i) / n_steps)));
      parameter.value.mutable_grad().reset();
    }
  }
  return loss;
}

TEST(CellNetwork, GradientsReachEveryTrainedParameter) {
  const Table table;
  for (const Task task : {Task::kLabel, Task::kLabels, Task::kNumber}) {
    CellNetwork network = begun(spec_of(task), table, 1);
    network.loss(cell_batch(network.stem().layout(), table.views()), targets_of(task, table), {}).backward();
    for (const Parameter& parameter : network.parameters()) {
      EXPECT_EQ(parameter.trained, parameter.value.grad().defined()) << parameter.name;
      if (parameter.trained) {
        EXPECT_TRUE(parameter.value.grad().isfinite().all().item<bool>()) << parameter.name;
        EXPECT_GT(parameter.value.grad().abs().max().item<double>(), 0) << parameter.name;
      }
    }
  }
}

// The linear heads: a neighbour head that never sees a row itself cannot learn it by heart.
TEST(CellNetwork, LearnsOneBatchByHeart) {
  const Table table;
  CellNetworkSpec spec = small_cell_spec();
  CellNetwork network(spec, 1);
  EXPECT_LT(train(network, table, 300, 0.02), 0.01);
}

TEST(CellNetwork, NeighboursAnswerWithTheirLabels) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  for (const Parameter& parameter : network.parameters())
    if (parameter.name == "neighbours.log_temperature") parameter.value.detach().fill_(8);
  const std::vector<float> logits = network.logits(table.views(), 0);
  int n_right = 0;
  for (int i = 0; i < kRows; ++i) {
    const float* row = logits.data() + i * kLabels;
    n_right += std::max_element(row, row + kLabels) - row == table.labels[i].item<int64_t>() ? 1 : 0;
  }
  EXPECT_GE(n_right, kRows - 5);  // rows of odd numbers may be alike
}

TEST(CellNetwork, LearnsSetsAndNumbersByHeartAndIsRebuilt) {
  const Table table;
  for (const Task task : {Task::kLabels, Task::kNumber}) {
    CellNetwork alone(spec_of(task), 1);
    EXPECT_LT(train(alone, table, 300, 0.02), 0.03) << task_name(task);
    CellNetwork network = begun(spec_of(task), table, 1);
    train(network, table, 3, 0.01);
    const std::vector<float> answers = network.logits(table.views(), 0);
    EXPECT_EQ(answers.size(), static_cast<size_t>(kRows * network.spec().n_labels));
    const nlohmann::json json = to_json(std::get<CellNetworkSpec>(network.saved_spec()));
    const ParameterBuffers saved = network.export_parameters();
    const auto copy = load_network(cell_network_from_json(json, static_cast<size_t>(network.spec().n_labels)),
                                   saved.tensors, at::kFloat);
    EXPECT_EQ(copy->logits(table.views(), 0), answers);
  }
}

at::Tensor& parameter_of(CellNetwork& network, const std::string& name) {
  for (Parameter& parameter : network.parameters())
    if (parameter.name == name) return parameter.value;
  throw std::logic_error(name);
}

double mean_log_likelihood(CellNetwork& network, const Table& table) {
  const std::vector<float> logits = network.logits(table.views(), 0);
  double sum = 0;
  for (int i = 0; i < kRows; ++i) sum += logits[static_cast<size_t>(i * kLabels + table.labels[i].item<int64_t>())];
  return sum / kRows;
}

// At a high temperature's inverse each row's nearest neighbour is itself, and the linear heads know nothing.
TEST(CellNetwork, TuningPrefersTheAnswersThatAreRight) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1), other = begun(small_cell_spec(), table, 1);
  for (CellNetwork* each : {&network, &other}) parameter_of(*each, "neighbours.log_temperature").detach().fill_(8);
  const double before = mean_log_likelihood(network, table);
  std::vector<int> labels;
  for (int i = 0; i < kRows; ++i) labels.push_back(static_cast<int>(table.labels[i].item<int64_t>()));
  network.tune(table.views(), labels);
  EXPECT_GT(mean_log_likelihood(network, table), before);
  const at::Tensor shares = parameter_of(network, "answer.shares");
  EXPECT_LT(shares[0].item<double>(), 0.3);
  EXPECT_NEAR(shares.sum().item<double>(), 1, 1e-5);
  other.copy_tuning(network);
  EXPECT_EQ(other.logits(table.views(), 0), network.logits(table.views(), 0));
}

// The same rows in slots, with room left behind each; `times` over.
SlotBatch slots_of(const CellNetwork& network, const Table& table, int64_t times) {
  const CellLayout& layout = network.stem().layout();
  const int64_t slot_ids = cell_batch(layout, table.views()).values[kCellRows].numel();  // more than any row's
  const at::Tensor ids = at::zeros({kRows, slot_ids}, at::kInt), shares = at::zeros({kRows, slot_ids});
  std::vector<at::Tensor> numbers, begins;
  for (int64_t i = 0; i < kRows; ++i) {
    const ItemView view = table.views()[static_cast<size_t>(i)];
    const Batch row = cell_batch(layout, {&view, 1});
    numbers.push_back(row.values[kCellNumbers]);
    begins.push_back(row.values[kCellBegins].to(at::kInt).unsqueeze(0));
    ids[i].narrow(0, 0, row.values[kCellRows].numel()).copy_(row.values[kCellRows]);
    shares[i].narrow(0, 0, row.values[kCellRows].numel()).copy_(row.values[kCellShares]);
  }
  SlotBatch slots{{at::cat(numbers), ids, shares, at::cat(begins), at::arange(kRows).unsqueeze(1)}, kRows * times};
  for (at::Tensor& values : slots.values) values = values.repeat({times, 1});
  slots.values[kCellItems] = slots.values[kCellItems].flatten();
  return slots;
}

std::vector<at::Tensor> gradients_of(CellNetwork& network, const at::Tensor& loss) {
  loss.backward();
  std::vector<at::Tensor> gradients;
  for (const Parameter& parameter : network.parameters())
    if (parameter.trained) gradients.push_back(std::exchange(parameter.value.mutable_grad(), at::Tensor()));
  return gradients;
}

// Also where every row is there twice: none is compared with itself.
TEST(CellNetwork, SlotsTeachWhatABatchDoes) {
  const Table table;
  for (const Task task : {Task::kLabel, Task::kLabels, Task::kNumber})
    for (const int64_t times : {1, 2}) {
      CellNetwork network = begun(spec_of(task), table, 1);
      const BatchTargets targets = targets_of(task, table);
      BatchTargets of_slots = targets;
      of_slots.values = at::cat(std::vector<at::Tensor>(static_cast<size_t>(times), targets.values));
      const at::Tensor loss = network.loss(cell_batch(network.stem().layout(), table.views()), targets, {}),
                       slot_loss = network.loss_of_slots(slots_of(network, table, times), of_slots, {});
      EXPECT_NEAR(slot_loss.item<double>(), loss.item<double>(), 1e-5) << task_name(task);
      const auto expected = gradients_of(network, loss), gradients = gradients_of(network, slot_loss);
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(at::allclose(gradients[i], expected[i], 1e-3, 1e-6)) << task_name(task) << i;
    }
}

TEST(CellNetwork, SlotsDropHiddenUnits) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  const SlotBatch slots = slots_of(network, table, 1);
  const auto loss = [&](double dropout) {
    return network.loss_of_slots(slots, targets_of(Task::kLabel, table), {.head_dropout = dropout}).item<double>();
  };
  EXPECT_EQ(loss(0), loss(0));
  EXPECT_NE(loss(0.5), loss(0.5));
}

TEST(CellNetwork, SlotsHaveTheAnswersOfItems) {
  const Table table;
  for (const Task task : {Task::kLabel, Task::kLabels, Task::kNumber}) {
    CellNetwork network = begun(spec_of(task), table, 1);
    train(network, table, 3, 0.01);
    const at::NoGradGuard no_grad;
    const at::Tensor answers = network.forward_slots(slots_of(network, table, 1), nullptr).contiguous();
    const float* values = answers.const_data_ptr<float>();
    EXPECT_LT(largest_difference(network.logits(table.views(), 0), {values, values + answers.numel()}), 1e-4);
  }
}

// What no row of a table has for the network to look at is not trained.
TEST(CellNetwork, EveryTrainedParameterOfAnyTableHasAGradient) {
  const Table table;
  for (const std::vector<CellColumnSpec>& columns :
       {std::vector<CellColumnSpec>{{.number = true}, {.number = true}, {}}, {{}, {}, {.text = true}}}) {
    CellNetworkSpec spec = small_cell_spec();
    spec.columns = columns;
    CellNetwork network(spec, 1);
    const at::Tensor loss =
        network.loss_of_slots(slots_of(network, table, 1), targets_of(Task::kLabel, table), {.head_dropout = 0.1});
    for (const at::Tensor& gradient : gradients_of(network, loss)) EXPECT_TRUE(gradient.defined());
  }
}

TEST(CellNetwork, AnswersOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  const std::vector<float> expected = network.logits(table.views(), 0);
  network.to(at::kCUDA);
  EXPECT_LT(largest_difference(network.logits(table.views(), 0), expected), 1e-3);
  network.to(at::kCPU);
  EXPECT_LT(largest_difference(network.logits(table.views(), 0), expected), 1e-6);
}

TEST(CellNetwork, SameSeedSameBits) {
  const Table table;
  CellNetwork one = begun(small_cell_spec(), table, 3), same = begun(small_cell_spec(), table, 3),
              other = begun(small_cell_spec(), table, 4);
  for (CellNetwork* network : {&one, &same, &other}) train(*network, table, 3, 0.01);
  EXPECT_EQ(one.logits(table.views(), 0), same.logits(table.views(), 0));
  EXPECT_NE(one.logits(table.views(), 0), other.logits(table.views(), 0));
}

TEST(CellNetwork, AnItemsLogitsDoNotDependOnTheOthers) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  const std::vector<ItemView> views = table.views();
  const std::vector<float> together = network.logits(views, 0);
  for (const size_t i : {0, 10, 37}) {
    const std::vector<float> alone = network.logits({&views[i], 1}, 0);
    EXPECT_LT(largest_difference(alone, {together.begin() + static_cast<std::ptrdiff_t>(i) * kLabels,
                                         together.begin() + static_cast<std::ptrdiff_t>(i + 1) * kLabels}),
              1e-4);
  }
}

TEST(CellNetwork, SpecAndParametersRebuildIt) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  train(network, table, 3, 0.01);
  const nlohmann::json json = to_json(std::get<CellNetworkSpec>(network.saved_spec()));
  const ParameterBuffers saved = network.export_parameters();
  const auto copy = load_network(cell_network_from_json(json, kLabels), saved.tensors, at::kFloat);
  EXPECT_EQ(copy->logits(table.views(), 0), network.logits(table.views(), 0));
}

// What a step or an import changed must not be answered from the old training rows' places.
TEST(CellNetwork, KeysFollowTheParameters) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1), other = begun(small_cell_spec(), table, 2);
  const std::vector<float> before = network.logits(table.views(), 0), theirs = other.logits(table.views(), 0);
  const ParameterBuffers saved = network.export_parameters();
  network.import_parameters(other.export_parameters().tensors);
  EXPECT_EQ(network.logits(table.views(), 0), theirs);
  network.import_parameters(saved.tensors);
  EXPECT_EQ(network.logits(table.views(), 0), before);
  train(network, table, 1, 0.01);
  EXPECT_NE(network.logits(table.views(), 0), before);
}

TEST(CellNetwork, OddCellsHaveFiniteLogits) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  for (const char* number : {"1e30", "-1e30", "inf", "-inf", "nan", "?", "", "1e400"})
    for (const char* text : {"never seen", "", "\xff\xfe"}) {
      const std::vector<uint8_t> row = pack_cells(std::vector<std::string>{number, number, text});
      const ItemView view{{ValueType::kUint8, {3, 1, 1}}, row};
      for (const float logit : network.logits({&view, 1}, 0)) EXPECT_TRUE(std::isfinite(logit)) << number << text;
    }
}

TEST(CellNetwork, MissingIsNotTheLeastNumber) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  const std::vector<uint8_t> missing = pack_cells(std::vector<std::string>{"", "3", "red"}),
                             least = pack_cells(std::vector<std::string>{"-1e30", "3", "red"});
  const ItemView views[] = {{{ValueType::kUint8, {3, 1, 1}}, missing}, {{ValueType::kUint8, {3, 1, 1}}, least}};
  EXPECT_GT(largest_difference(network.logits({views, 1}, 0), network.logits({views + 1, 1}, 0)), 1e-3);
}

TEST(CellNetwork, RefusesDamagedRememberedRows) {
  const Table table;
  for (const auto& [name, value] : {std::pair<const char*, double>{"remembered.labels", 3},
                                    {"remembered.labels", -1},
                                    {"remembered.lookups", 1 << 10},
                                    {"remembered.lookups", -7},
                                    {"remembered.lookup_begins", 1e9},
                                    {"remembered.lookup_begins", -4},
                                    {"answer.shares", -1},
                                    {"answer.shares", std::nan("")}}) {
    CellNetwork network = begun(small_cell_spec(), table, 1);
    for (const Parameter& parameter : network.parameters())
      if (parameter.name == name) parameter.value.detach()[2].fill_(value);
    EXPECT_THROW(network.logits(table.views(), 0), Error) << name << " " << value;
  }
}

TEST(CellNetwork, RefusesARowOfAnotherTable) {
  const Table table;
  CellNetwork network = begun(small_cell_spec(), table, 1);
  const std::vector<uint8_t> row = pack_cells(std::vector<std::string>{"1"});
  const ItemView view{{ValueType::kUint8, {1, 1, 1}}, row};
  EXPECT_THROW(network.logits({&view, 1}, 0), Error);
}

}  // namespace
}  // namespace gulo
