#include "engine/net/byte_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "base/round_up.h"
#include "engine/net/join_rows.h"
#include "engine/net/pool.h"
#include "engine/net/residual_block.h"
#include "engine/net/row_kernels.h"
#include "engine/net/tensor_checks.h"
#include "engine/net/tile_product.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

// Items' rows with blank ones between them and at the end; more than one tile, and a last tile that is not full.
struct Rows {
  static constexpr int64_t kRows = 2 * kTileRows + 48;
  std::vector<int32_t> begins{0, 38, 126, 131, 250}, ends{37, 125, 130, 249, 300};

  at::Tensor keep(int64_t joined = 1) const {
    at::Tensor keep = at::zeros({kRows * joined}, at::kByte);
    for (size_t i = 0; i < begins.size(); ++i) keep.slice(0, begins[i] * joined, ends[i] * joined).fill_(1);
    return keep;
  }
  // Random, blank rows zero.
  at::Tensor random(int64_t width, int64_t joined = 1) const {
    return at::randn({kRows * joined, width}) * keep(joined).unsqueeze(1);
  }
};

at::Tensor rms_norm(const at::Tensor& x) { return x * (x.square().mean(1, true) + kNormEpsilon).rsqrt(); }

at::Tensor neighbours(const at::Tensor& x) {
  const at::Tensor blank = at::zeros({1, x.size(1)}, x.options());
  return at::cat({at::cat({blank, x.slice(0, 0, -1)}), x, at::cat({x.slice(0, 1), blank})}, 1);
}

// Both ways of computing one thing from the same leaves agree in value and in every leaf's gradient. Blank rows of the
// result get a zero gradient, as they do in a network.
template <class Fused, class Plain>
void expect_same(std::vector<at::Tensor> leaves, const at::Tensor& keep, const Fused& fused, const Plain& plain,
                 double tolerance) {
  const at::Tensor out = fused(), exact = plain();
  EXPECT_LT(relative_error(out, exact), tolerance);
  const at::Tensor direction = at::randn_like(exact) * keep.unsqueeze(1);
  (exact * direction).sum().backward();
  std::vector<at::Tensor> exact_gradients;
  for (at::Tensor& leaf : leaves) {
    exact_gradients.push_back(leaf.grad().clone());
    leaf.mutable_grad().reset();
  }
  (out * direction).sum().backward();
  for (size_t i = 0; i < leaves.size(); ++i)
    EXPECT_LT(relative_error(leaves[i].grad(), exact_gradients[i]), tolerance) << "leaf " << i;
}

struct Case {
  at::ScalarType dtype;
  double tolerance;
};

// In bf16 some hidden units are rounded to the other side of zero, and their gradients come or go.
std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const at::ScalarType dtype : usable_dtypes()) cases.push_back({dtype, dtype == at::kFloat ? 1e-5 : 5e-2});
  return cases;
}

class NetworkTest : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
};

TEST_F(NetworkTest, BlockEqualsPlainComposition) {
  const Rows rows;
  for (const Case& c : cases())
    for (const auto& [width, hidden] : {std::pair<int64_t, int64_t>{32, 48}, {64, 16}}) {
      const at::Tensor keep = rows.keep();
      at::Tensor x = rows.random(width).set_requires_grad(true);
      at::Tensor w1 = random_parameter({3 * width, hidden}, 0.1), b1 = random_parameter({hidden}, 0.1);
      at::Tensor w2 = random_parameter({hidden, width}, 0.1), b2 = random_parameter({width}, 0.1);
      expect_same(
          {x, w1, b1, w2, b2}, keep, [&] { return residual_block(x.to(c.dtype), w1, b1, w2, b2, keep).to(at::kFloat); },
          [&] {
            const at::Tensor kept = x * keep.unsqueeze(1);  // no gradient for blank rows
            const at::Tensor hidden_rows = at::relu(at::addmm(b1, neighbours(rms_norm(kept)), w1));
            return (kept + at::addmm(b2, hidden_rows, w2)) * keep.unsqueeze(1);
          },
          c.tolerance);
    }
}

TEST_F(NetworkTest, JoinEqualsPlainComposition) {
  const Rows rows;
  for (const Case& c : cases())
    for (int64_t joined : {1, 4}) {
      const at::Tensor keep = rows.keep();
      at::Tensor x = rows.random(32, joined).set_requires_grad(true);
      at::Tensor w = random_parameter({joined * 32, 48}, 0.1), b = random_parameter({48}, 0.1);
      expect_same(
          {x, w, b}, keep, [&] { return join_rows(x.to(c.dtype), w, b, keep).to(at::kFloat); },
          [&] { return at::addmm(b, rms_norm(x).view({Rows::kRows, joined * 32}), w) * keep.unsqueeze(1); },
          c.tolerance);
    }
}

TEST_F(NetworkTest, PoolEqualsPlainComposition) {
  const Rows rows;
  for (const Case& c : cases()) {
    at::Tensor x = rows.random(32).to(c.dtype).to(at::kFloat).set_requires_grad(true),
               queries = random_parameter({3, 32}, 0.5);
    expect_same(
        {x, queries}, at::ones({5}), [&] { return pool_items(x.to(c.dtype), queries, rows.begins, rows.ends); },
        [&] {
          std::vector<at::Tensor> items;
          for (size_t i = 0; i < rows.begins.size(); ++i) {
            const at::Tensor item = rms_norm(x.slice(0, rows.begins[i], rows.ends[i])).to(c.dtype).to(at::kFloat);
            const at::Tensor attention = at::softmax(at::mm(queries, item.t()), 1);
            items.push_back(at::cat({item.mean(0), std::get<0>(item.max(0)), at::mm(attention, item).flatten()}));
          }
          return at::stack(items);
        },
        c.tolerance);
  }
}

ByteNetworkSpec small_byte_spec() {
  ByteNetworkSpec spec;
  spec.taps = 4;
  spec.stem_width = 32;
  spec.stages = {{32, 1, 1}, {48, 2, 2}};
  spec.attention_heads = 2;
  spec.n_labels = 5;
  return spec;
}

using Bytes = std::vector<uint8_t>;

// The items in the given order, `gap` blank rows between them.
Batch pack(const std::vector<Bytes>& items, int row_bytes, int32_t gap) {
  Batch packed;
  int32_t row = gap - 1;
  for (const Bytes& item : items) {
    packed.begins.push_back(row);
    packed.ends.push_back(row + std::max<int32_t>(1, (static_cast<int32_t>(item.size()) + row_bytes - 1) / row_bytes));
    row = packed.ends.back() + gap;
  }
  packed.values = {at::full({round_up_to_16(row) * row_bytes}, ByteStemShape::kPad, at::kShort)};
  for (size_t i = 0; i < items.size(); ++i)
    std::copy(items[i].begin(), items[i].end(),
              packed.values[0].mutable_data_ptr<int16_t>() + packed.begins[i] * row_bytes);
  return packed;
}

std::vector<Bytes> random_items(std::initializer_list<size_t> sizes) {
  Rng rng(7);
  std::vector<Bytes> items;
  for (size_t size : sizes)
    for (uint8_t& byte : items.emplace_back(size)) byte = static_cast<uint8_t>(rng());
  return items;
}

// A zero head would make every logit equal.
void randomise_head(const ByteNetwork& network) {
  for (const Parameter& p : network.parameters())
    if (p.name == "head.weight") p.value.detach().normal_();
}

TEST_F(NetworkTest, PredictionDependsNeitherOnBatchMatesNorOnPlace) {
  const std::vector<Bytes> items = random_items({3, 700, 64, 0, 1500, 129});
  for (const Case& c : cases()) {
    ByteNetwork network(small_byte_spec(), 3, c.dtype);
    randomise_head(network);
    const at::NoGradGuard no_grad;
    const auto logits = [&](const std::vector<Bytes>& batch, int32_t gap) {
      return network.forward(pack(batch, network.coarse_row_bytes(), gap), nullptr);
    };
    const at::Tensor together = logits(items, 1);
    const at::Tensor reversed = logits({items.rbegin(), items.rend()}, 2).flip(0);
    EXPECT_LT((together - reversed).abs().max().item<double>(), 1e-5);
    for (size_t i = 0; i < items.size(); ++i)
      EXPECT_LT((together[i] - logits({items[i]}, 1)[0]).abs().max().item<double>(), 1e-5) << "item " << i;
    EXPECT_GT((together[1] - together[4]).abs().max().item<double>(), 0.1);
  }
}

TEST_F(NetworkTest, ExportAndImportGiveTheSameLogits) {
  ByteNetwork network(small_byte_spec(), 3, usable_dtypes().back());
  randomise_head(network);
  ByteNetwork other(small_byte_spec(), 4, usable_dtypes().back());
  const ParameterBuffers buffers = network.export_parameters();
  other.import_parameters(buffers.tensors);
  const Batch packed = pack(random_items({100, 300}), network.coarse_row_bytes(), 1);
  const at::NoGradGuard no_grad;
  const at::Tensor before = network.forward(packed, nullptr);
  const at::Tensor after = other.forward(packed, nullptr);
  if (usable_dtypes().back() == at::kBFloat16)
    EXPECT_TRUE(at::equal(before, after));
  else
    EXPECT_LT(relative_error(after, before), 1e-2);
}

TEST_F(NetworkTest, ImportNamesTheDamagedTensor) {
  ByteNetwork network(small_byte_spec(), 3, at::kFloat);
  ParameterBuffers buffers = network.export_parameters();
  buffers.tensors["deep.stage1.block0.w2"].shape = {1, 2};
  try {
    network.import_parameters(buffers.tensors);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_NE(error.message().find("deep.stage1.block0.w2"), std::string::npos) << error.message();
  }
}

TEST_F(NetworkTest, RefusesImpossibleSpecs) {
  ByteNetworkSpec spec = small_byte_spec();
  spec.stages[0].width = 33;
  EXPECT_THROW(ByteNetwork(spec, 0, at::kFloat), Error);
  spec = small_byte_spec();
  spec.taps = 0;
  EXPECT_THROW(ByteNetwork(spec, 0, at::kFloat), Error);
  spec = small_byte_spec();
  spec.stages[1].downsample = 0;
  EXPECT_THROW(ByteNetwork(spec, 0, at::kFloat), Error);
}

TEST_F(NetworkTest, CountsTheFlopsOfItsMatrices) {
  ByteNetwork network(small_byte_spec(), 3, at::kFloat);
  int64_t fine = 0, coarse = 0, head = 0;  // multiplications a row of each resolution, and an item
  for (const Parameter& p : network.parameters()) {
    if (p.name.starts_with("stage0") && p.hidden_matrix) fine += p.value.numel();
    if (p.name.starts_with("stage1") && p.hidden_matrix) coarse += p.value.numel();
    if (p.name == "head.weight") head += p.value.numel();
  }
  EXPECT_DOUBLE_EQ(network.forward_flops(10, 3), 2. * (10 * 2 * fine + 10 * coarse + 3 * head));
}

}  // namespace
}  // namespace gulo
