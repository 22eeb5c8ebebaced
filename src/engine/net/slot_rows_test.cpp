// The functions over slots against those of the CPU, values and gradients; on a device too, where there is one.
#include "engine/net/slot_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <functional>
#include <vector>

#include "base/error.h"
#include "base/rng.h"
#include "engine/feed/slot_packer.h"
#include "engine/net/byte_network.h"
#include "engine/net/byte_stem_layer.h"
#include "engine/net/join_rows.h"
#include "engine/net/pool.h"
#include "engine/net/residual_block.h"
#include "engine/net/tensor_checks.h"
#include "kernel/byte_stem.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

constexpr int64_t kSlots = 5, kSlotRows = 16, kRowsOfSlots = kSlots * kSlotRows;

// Slots of 15, 1, 7, 12 and 3 rows, blank behind them.
struct Slots {
  std::vector<int32_t> begins{0, 16, 32, 48, 64}, ends{15, 17, 39, 60, 67};

  at::Tensor keep(int64_t joined = 1) const {
    const at::Tensor keep = at::zeros({kRowsOfSlots * joined}, at::kByte);
    for (size_t i = 0; i < begins.size(); ++i) keep.slice(0, begins[i] * joined, ends[i] * joined).fill_(1);
    return keep;
  }
  at::Tensor random(int64_t width, int64_t joined = 1) const {
    return at::randn({kRowsOfSlots * joined, width}) * keep(joined).unsqueeze(1);
  }
};

using Function = std::function<at::Tensor(const std::vector<at::Tensor>& leaves)>;

// `plain` on the CPU and `slots` on the device, of copies of the same leaves, agree in value and gradients.
void expect_same(const std::vector<at::Tensor>& values, const at::Tensor& keep, const at::Device& device,
                 const Function& plain, const Function& slots) {
  const auto leaves_on = [&](const at::Device& where) {
    std::vector<at::Tensor> leaves;
    for (const at::Tensor& value : values) leaves.push_back(value.detach().clone().to(where).set_requires_grad(true));
    return leaves;
  };
  std::vector<at::Tensor> leaves = leaves_on(at::kCPU), moved = leaves_on(device);
  const at::Tensor exact = plain(leaves), out = slots(moved);
  EXPECT_LT(relative_error(out, exact), 1e-5);
  const at::Tensor direction = at::randn_like(exact) * (keep.defined() ? keep.unsqueeze(1) : at::ones({1}));
  (exact * direction).sum().backward();
  (out * direction.to(device)).sum().backward();
  for (size_t i = 0; i < leaves.size(); ++i)
    EXPECT_LT(relative_error(moved[i].grad(), leaves[i].grad()), 1e-5) << "leaf " << i;
}

void test_rows(const at::Device& device) {
  at::manual_seed(3);
  const Slots slots;
  const at::Tensor keep = slots.keep(), moved_keep = keep.to(device);
  expect_same(
      {slots.random(32), at::randn({96, 48}) * 0.1, at::randn({48}), at::randn({48, 32}) * 0.1, at::randn({32})}, keep,
      device, [&](const auto& x) { return residual_block(x[0], x[1], x[2], x[3], x[4], keep); },
      [&](const auto& x) { return slot_residual_block(x[0], x[1], x[2], x[3], x[4], moved_keep); });
  expect_same(
      {slots.random(32, 3), at::randn({96, 48}) * 0.1, at::randn({48})}, keep, device,
      [&](const auto& x) { return join_rows(x[0], x[1], x[2], keep); },
      [&](const auto& x) { return slot_join_rows(x[0], x[1], x[2], moved_keep); });
  expect_same(
      {slots.random(32), at::randn({4, 32})}, {}, device,
      [&](const auto& x) { return pool_items(x[0], x[1], slots.begins, slots.ends); },
      [&](const auto& x) { return pool_slots(x[0], x[1], moved_keep, kSlots); });
  const at::Tensor bytes = at::randint(257, {kRowsOfSlots * 4}, at::kShort), moved_bytes = bytes.to(device);
  expect_same(
      {at::randn({4, ByteStemShape::kRows, 32}), at::randn({32})}, keep, device,
      [&](const auto& x) { return byte_stem(bytes, x[0], x[1], keep, at::kFloat); },
      [&](const auto& x) { return slot_byte_stem(moved_bytes, x[0], x[1], moved_keep, at::kFloat); });
  const at::Tensor labels = at::randint(7, {20}, at::kLong), moved_labels = labels.to(device);
  expect_same(
      {at::randn({20, 7}) * 3}, {}, device,
      [&](const auto& x) { return at::cross_entropy_loss(x[0], labels, {}, at::Reduction::Mean, -100, 0.1); },
      [&](const auto& x) { return slot_loss(x[0], {Task::kLabel, moved_labels}, 0.1); });
}

TEST(SlotRows, AgreeWithTheCpusOwn) { test_rows(at::kCPU); }

TEST(SlotRows, AgreeWithTheCpusOwnOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  test_rows(at::kCUDA);
}

ByteNetworkSpec small_slot_spec() {
  ByteNetworkSpec spec;
  spec.taps = 4;
  spec.stem_width = 32;
  spec.stages = {{32, 1, 1}, {48, 1, 2}};
  spec.window_bytes = 64;
  spec.n_labels = 3;
  return spec;
}

struct Items {
  std::vector<std::vector<uint8_t>> bytes;
  std::vector<ItemView> views;

  Items() {
    Rng rng(5);
    for (const size_t size : {0, 1, 7, 8, 63, 64, 65, 300, 40}) {
      bytes.emplace_back(size);
      for (uint8_t& byte : bytes.back()) byte = static_cast<uint8_t>(rng());
    }
    for (const auto& item : bytes) views.push_back(bytes_view(item));
  }
};

void randomise_head(ByteNetwork& network) {
  at::manual_seed(1);
  for (Parameter& parameter : network.parameters())
    if (parameter.name.starts_with("head")) parameter.value.detach().normal_();
}

// What predictions do, with slots where the parameters lie elsewhere than on the CPU.
std::vector<float> logits_through_slots(ByteNetwork& network, const Items& items, int64_t n_slots) {
  const at::NoGradGuard no_grad;
  const int64_t slot_rows = rows_for_window(64, network.coarse_row_bytes());
  std::vector<float> logits;
  SlotPacker packer({n_slots, slot_rows, network.coarse_row_bytes()});
  const auto run = [&] {
    const Batch batch = packer.take();
    const at::Tensor out = network.forward_slots({batch.values, n_slots}, nullptr);
    logits.insert(logits.end(), out.const_data_ptr<float>(), out.const_data_ptr<float>() + batch.owners.size() * 3);
  };
  for (uint32_t i = 0; i < items.views.size(); ++i) {
    const Window window{items.views[i].bytes.first(std::min<size_t>(64, items.views[i].bytes.size())), i, 0};
    if (packer.add(window)) continue;
    run();
    EXPECT_TRUE(packer.add(window));
  }
  run();
  return logits;
}

TEST(SlotNetwork, GivesTheLogitsOfPackedRows) {
  ByteNetwork network(small_slot_spec(), 1, at::kFloat);
  randomise_head(network);
  const Items items;
  std::vector<ItemView> heads = items.views;
  for (ItemView& head : heads) head = bytes_view(head.bytes.first(std::min<size_t>(64, head.bytes.size())));
  const std::vector<float> expected = network.logits(heads, 0);
  for (const int64_t n_slots : {1, 4, 9, 20}) {  // an item's logits do not depend on the others'
    const std::vector<float> logits = logits_through_slots(network, items, n_slots);
    ASSERT_EQ(logits.size(), expected.size());
    for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-4) << n_slots << " slots";
  }
}

TEST(SlotNetwork, GivesTheLogitsOfTheCpuOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  at::globalContext().setAllowTF32CuBLAS(false);
  ByteNetwork network(small_slot_spec(), 1, at::kFloat);
  randomise_head(network);
  const Items items;
  const std::vector<float> expected = network.logits(items.views, 0);
  network.to(at::kCUDA);
  const std::vector<float> logits = network.logits(items.views, 0);
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], 1e-4);
}

TEST(SlotNetwork, OtherKindsSayThatTheyComputeOnTheCpu) {
  ByteNetwork network(small_slot_spec(), 1, at::kFloat);
  EXPECT_THROW(network.DeepNetwork::forward_slots({}, nullptr), Error);
}

}  // namespace
}  // namespace gulo
