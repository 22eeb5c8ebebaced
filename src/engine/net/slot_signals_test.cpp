// Signals in slots against packed ones: values and gradients, what is hidden; on a device too, where there is one.
#include "engine/net/slot_signals.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <vector>

#include "engine/net/random_signals.h"
#include "engine/net/tensor_checks.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

// Of several lengths, channels and rates; some values are missing or not finite.
std::vector<Signal> some_signals() {
  at::manual_seed(2);
  std::vector<Signal> signals{noise(0, 1, 0),     noise(1, 2, 8000), noise(37, 1, 16000), noise(500, 2, 8000),
                              noise(64, 2, 8000), noise(8, 1, 0),    noise(130, 2, 4000)};
  signals[2].values[5] = kNan;
  signals[3].values[100] = signals[3].values[101] = kNan;
  signals[3].values[107] = 1e20f;
  signals[6].values[3] = kInf;
  return signals;
}

Batch packed(const SampleNetwork& network, const std::vector<Signal>& signals) {
  SamplePacker packer(network.batch_shape(640));
  for (uint32_t i = 0; i < signals.size(); ++i)
    EXPECT_TRUE(packer.add({signals[i].values, signals[i].channels, signals[i].rate_hz, i, i % 3, 0}));
  return packer.take();
}

SlotBatch on(SlotBatch batch, const at::Device& device) {
  for (at::Tensor& values : batch.values) values = values.to(device);
  return batch;
}

SampleNetwork network_of(const SampleNetworkSpec& spec) {
  SampleNetwork network(spec, 3, at::kFloat);
  at::manual_seed(1);
  for (const Parameter& p : network.parameters())
    if (p.name.starts_with("head") || p.name.ends_with("bias")) p.value.detach().normal_(0, 0.3);
  if (!spec.item_level) network.stem().set_level({0.2f, -0.1f}, {0.7f, 1.3f});
  return network;
}

constexpr int64_t kNoLimit = 1 << 20;

// Two networks of the same weights: packed on the CPU, and in slots on the device.
void test_step(const SampleNetworkSpec& spec, const at::Device& device) {
  SampleNetwork packed_network = network_of(spec), network = network_of(spec);
  network.to(device);
  const Batch batch = packed(packed_network, some_signals());
  const std::vector<SlotBatch> slots = signals_in_slots(batch, network.coarse_row_samples(), kNoLimit);
  ASSERT_EQ(slots.size(), 1u);
  const TrainStep step;
  const at::Tensor exact = packed_network.forward(batch, &step),
                   logits = network.forward_slots(on(slots[0], device), &step);
  EXPECT_LT(relative_error(logits.detach(), exact.detach()), 1e-4);
  const at::Tensor direction = at::randn_like(exact);
  (exact * direction).sum().backward();
  (logits * direction.to(device)).sum().backward();
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    const Parameter &mine = network.parameters()[i], &other = packed_network.parameters()[i];
    if (!mine.trained) continue;
    EXPECT_TRUE(other.value.grad().isfinite().all().item<bool>()) << mine.name;
    EXPECT_LT(relative_error(mine.value.grad(), other.value.grad()), 1e-3) << mine.name;
  }
}

TEST(SlotSignalsTest, AStepIsThatOfPackedSignals) {
  for (const SampleNetworkSpec& spec : {sound_spec(2), series_spec()}) test_step(spec, at::kCPU);
}

TEST(SlotSignalsTest, AStepIsThatOfPackedSignalsOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  for (const SampleNetworkSpec& spec : {sound_spec(2), series_spec()}) test_step(spec, at::kCUDA);
}

TEST(SlotSignalsTest, LogitsDoNotDependOnWhatElseIsInTheBatch) {
  const at::NoGradGuard no_grad;
  for (const SampleNetworkSpec& spec : {sound_spec(2), series_spec()}) {
    SampleNetwork network = network_of(spec);
    const Batch batch = packed(network, some_signals());
    const int row_samples = network.coarse_row_samples();
    const at::Tensor together = network.forward_slots(signals_in_slots(batch, row_samples, kNoLimit)[0], nullptr);
    for (const int64_t max_rows : {0, 12, 40}) {
      std::vector<at::Tensor> logits;
      for (const SlotBatch& slots : signals_in_slots(batch, row_samples, max_rows)) {
        EXPECT_TRUE(slots.n_slots == 1 || slots.values[0].size(1) / row_samples * slots.n_slots <= max_rows);
        logits.push_back(network.forward_slots(slots, nullptr));
      }
      EXPECT_GT(logits.size(), 1u);
      ASSERT_EQ(at::cat(logits).sizes(), together.sizes());
      EXPECT_LT((at::cat(logits) - together).abs().max().item<double>(), 1e-4);
    }
  }
}

TEST(SlotSignalsTest, AStripeOfColumnsAndOneOfRowsIsHidden) {
  at::manual_seed(4);
  const int64_t n_slots = 400, slot_rows = 24, n_columns = 40, n_kept = 20;
  const at::Tensor keep = at::zeros({n_slots, slot_rows}, at::kByte);
  keep.slice(1, 0, n_kept).fill_(1);
  const at::Tensor mask = slot_stripes(keep.view({-1}), n_slots, n_columns, {.frequencies = 0.25, .times = 0.2})
                              .view({n_slots, slot_rows, -1});
  const at::Tensor columns = mask.amax(1).eq(0), rows = mask.amax(2).eq(0);
  EXPECT_TRUE(at::equal(mask.eq(0), columns.unsqueeze(1).logical_or(rows.unsqueeze(2))));
  EXPECT_EQ(columns.sum(1).max().item<int64_t>(), 9);  // fewer than 0.25 * 40
  EXPECT_EQ(rows.sum(1).max().item<int64_t>(), 3);     // fewer than 0.2 * 20
  EXPECT_EQ(columns.sum(1).min().item<int64_t>(), 0);
  const auto n_edges = [](const at::Tensor& hidden) {
    return hidden.to(at::kInt).diff().abs().sum(1).max().item<int64_t>();
  };
  EXPECT_LE(n_edges(columns), 2);
  EXPECT_LE(n_edges(rows), 2);
  for (const at::Tensor& hidden : {columns, rows}) EXPECT_GT(hidden.any(0).sum().item<int64_t>(), n_kept - 2);
}

TEST(SlotSignalsTest, PredictionsOnADeviceAreTheCpus) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  SampleNetwork network = network_of(sound_spec(2));
  const std::vector<Signal> signals = some_signals();
  std::vector<ItemView> items;
  for (const Signal& signal : signals) items.push_back(signal.view());
  const std::vector<float> expected = network.logits(items, 0);
  network.to(at::kCUDA);
  const std::vector<float> logits = network.logits(items, 0);
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-3);
}

}  // namespace
}  // namespace gulo
