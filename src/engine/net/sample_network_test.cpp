#include "engine/net/sample_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "engine/net/frame_product.h"
#include "engine/net/random_signals.h"
#include "engine/net/tensor_checks.h"
#include "engine/net/tile_product.h"

namespace gulo {
namespace {

std::vector<ItemView> views(const std::vector<Signal>& signals) {
  std::vector<ItemView> views;
  for (const Signal& signal : signals) views.push_back(signal.view());
  return views;
}

// A zero head would make every logit equal.
void randomise_head(SampleNetwork& network) {
  for (const Parameter& p : network.parameters())
    if (p.name == "head.weight") p.value.detach().normal_();
}

std::vector<float> logits_of(SampleNetwork& network, const Signal& signal) {
  const ItemView view = signal.view();
  return network.logits({&view, 1}, 0);
}

Batch batch_of(const SampleNetwork& network, const std::vector<Signal>& signals, int64_t n_rows = 64) {
  SamplePacker packer(network.batch_shape(n_rows));
  for (const Signal& s : signals) EXPECT_TRUE(packer.add({s.values, s.channels, s.rate_hz, 0, 0, 0}));
  return packer.take();
}

class SampleNetworkTest : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
};

TEST_F(SampleNetworkTest, FrameProductEqualsPlainComposition) {
  const int64_t n_rows = 2 * kTileRows + 16, k = 48, n = 32;
  for (const at::ScalarType dtype : usable_dtypes())
    for (const int64_t step : {5, 16, 48}) {
      const at::Tensor x = at::randn({(n_rows - 1) * step + k}).to(dtype);
      at::Tensor filters = at::randn({k, n}).to(dtype).to(at::kFloat).set_requires_grad(true);
      const at::Tensor direction = at::randn({n_rows, n}).to(dtype).to(at::kFloat);
      const at::Tensor frames = x.to(at::kFloat).as_strided({n_rows, k}, {step, 1});
      const at::Tensor out = frame_product(x, filters, n_rows, step);
      EXPECT_LT((out - at::mm(frames, filters)).abs().max().item<double>(), 1e-3);
      (out * direction).sum().backward();
      EXPECT_LT((filters.grad() - at::mm(frames.t(), direction)).abs().max().item<double>(), 1e-2);
    }
}

TEST_F(SampleNetworkTest, PredictionDependsOnTheItemAlone) {
  const std::vector<Signal> mono{noise(3), noise(700, 1, 16000), {}, noise(64), noise(1), noise(1500), noise(129)};
  std::vector<Signal> mixed{noise(9, 2), noise(300, 1), noise(4, 2), {{}, 2}, noise(70, 2)};
  mixed[0].values[3] = kNan;
  for (const at::ScalarType dtype : usable_dtypes())
    for (const auto& [spec, signals] : {std::pair{sound_spec(), mono}, {series_spec(), mixed}}) {
      SampleNetwork network(spec, 3, dtype);
      randomise_head(network);
      const std::vector<float> together = network.logits(views(signals), 0);
      const std::vector<Signal> backwards(signals.rbegin(), signals.rend());
      const std::vector<float> reversed = network.logits(views(backwards), 0);
      const size_t n = signals.size(), k = static_cast<size_t>(spec.n_labels);
      for (size_t i = 0; i < n; ++i) {
        const std::vector<float> alone = logits_of(network, signals[i]);
        const auto at = [&](const std::vector<float>& all, size_t item) {
          return std::vector<float>(all.begin() + item * k, all.begin() + (item + 1) * k);
        };
        EXPECT_LT(largest_difference(alone, at(together, i)), 1e-5) << "item " << i;
        EXPECT_LT(largest_difference(alone, at(reversed, n - 1 - i)), 1e-5) << "item " << i;
        for (float logit : alone) EXPECT_TRUE(std::isfinite(logit)) << "item " << i;
      }
      EXPECT_GT(largest_difference(logits_of(network, signals[0]), logits_of(network, signals[1])), 0.1);
    }
}

TEST_F(SampleNetworkTest, LoudnessCountsOnlyWhereTheLevelIsKept) {
  Signal signal = noise(400);
  Signal louder = signal;
  for (float& value : louder.values) value *= 3;
  SampleNetwork sound(sound_spec(), 3, at::kFloat);
  randomise_head(sound);
  EXPECT_LT(largest_difference(logits_of(sound, signal), logits_of(sound, louder)), 0.02);
  SampleNetwork series(series_spec(), 3, at::kFloat);
  randomise_head(series);
  EXPECT_GT(largest_difference(logits_of(series, signal), logits_of(series, louder)), 0.1);
  // A unit that the levels take back changes nothing.
  const std::vector<float> before = logits_of(series, signal);
  series.stem().set_level({0, 0}, {1 / 3.f, 1});
  EXPECT_LT(largest_difference(before, logits_of(series, louder)), 1e-3);
}

TEST_F(SampleNetworkTest, TheRateIsSeen) {
  SampleNetwork network(sound_spec(), 3, at::kFloat);
  randomise_head(network);
  Signal signal = noise(400, 1, 8000);
  const std::vector<float> before = logits_of(network, signal);
  signal.rate_hz = 0;
  EXPECT_EQ(before, logits_of(network, signal));
  signal.rate_hz = 44100;
  EXPECT_GT(largest_difference(before, logits_of(network, signal)), 0.01);
}

TEST_F(SampleNetworkTest, MissingAndInfiniteValuesGiveFiniteLogits) {
  for (const SampleNetworkSpec& spec : {sound_spec(), series_spec()})
    for (const at::ScalarType dtype : usable_dtypes()) {
      SampleNetwork network(spec, 3, dtype);
      randomise_head(network);
      Signal zeros{std::vector<float>(100, 0.f)}, missing = zeros, infinite = noise(100), huge = infinite;
      std::fill(missing.values.begin() + 20, missing.values.end(), kNan);
      infinite.values[7] = kInf;
      infinite.values[9] = -kInf;
      huge.values[50] = std::numeric_limits<float>::max();
      for (const Signal& signal : {zeros, missing, infinite, huge})
        for (float logit : logits_of(network, signal)) EXPECT_TRUE(std::isfinite(logit));
      const double seen = largest_difference(logits_of(network, zeros), logits_of(network, missing));
      if (spec.missing)
        EXPECT_GT(seen, 0.01);
      else
        EXPECT_EQ(seen, 0);
    }
}

TEST_F(SampleNetworkTest, LongItemsAreSeenThroughWindows) {
  SampleNetwork network(sound_spec(), 3, at::kFloat);
  randomise_head(network);
  const Signal whole = noise(512 * 3);
  const auto part = [&](size_t window) {
    return Signal{{whole.values.begin() + window * 512, whole.values.begin() + (window + 1) * 512}};
  };
  const std::vector<float> all = logits_of(network, whole);
  const std::vector<float> a = logits_of(network, part(0)), b = logits_of(network, part(1)),
                           c = logits_of(network, part(2));
  const ItemView view = whole.view();
  const std::vector<float> two = network.logits({&view, 1}, 2);
  for (size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(all[k], 0.5 * a[k] + 0.25 * (b[k] + c[k]), 1e-4);
    EXPECT_NEAR(two[k], 0.5 * (a[k] + b[k]), 1e-4);
  }
  EXPECT_EQ(network.logits_cost({&view, 1}, 0), 3 * (512 / 32 + 1));
  EXPECT_EQ(network.logits_cost({&view, 1}, 2), 2 * (512 / 32 + 1));
}

TEST_F(SampleNetworkTest, RefusesItemsOfAnotherKind) {
  SampleNetwork network(sound_spec(), 3, at::kFloat);
  const Signal stereo = noise(10, 2);
  EXPECT_THROW(logits_of(network, stereo), Error);
  const std::vector<uint8_t> pixels(12);
  const ItemView picture{{ValueType::kUint8, {2, 2, 3}, 0}, pixels};
  EXPECT_THROW(network.logits({&picture, 1}, 0), Error);
}

TEST_F(SampleNetworkTest, GradientsEqualDifferences) {
  for (SampleNetworkSpec spec : {sound_spec(), series_spec()}) {
    SampleNetwork network(spec, 3, at::kFloat);
    randomise_head(network);
    for (const Parameter& p : network.parameters())
      if (p.name == "head.weight") p.value.detach().mul_(0.1);
    const Batch batch = batch_of(network, {noise(300, 1, 16000), noise(90), noise(31)}, 128);
    const at::Tensor labels = at::arange(3, at::kLong);
    network.loss(batch, {Task::kLabel, labels}, {}).backward();
    for (Parameter& p : network.parameters()) {
      if (!p.trained || !p.name.starts_with("stem.")) continue;
      const at::Tensor direction = at::randn_like(p.value.detach());
      const double expected = (p.value.grad() * direction).sum().item<double>();
      const at::NoGradGuard no_grad;
      constexpr double kStep = 5e-4;
      p.value.add_(direction, kStep);
      const double above = network.loss(batch, {Task::kLabel, labels}, {}).item<double>();
      p.value.add_(direction, -2 * kStep);
      const double below = network.loss(batch, {Task::kLabel, labels}, {}).item<double>();
      p.value.add_(direction, kStep);
      EXPECT_NEAR((above - below) / (2 * kStep), expected, 0.03 * std::abs(expected) + 2e-3) << p.name;
    }
  }
}

TEST_F(SampleNetworkTest, StripesAreHiddenInTrainingAlone) {
  SampleNetwork network(sound_spec(), 3, at::kFloat);
  randomise_head(network);
  const Batch batch = batch_of(network, {noise(900), noise(900)});
  const at::NoGradGuard no_grad;
  const at::Tensor plain = network.forward(batch, nullptr);
  TrainStep step;
  step.seed = 5;
  EXPECT_TRUE(at::equal(plain, network.forward(batch, &step)));
  network.set_stripes(0.5, 0.5);
  EXPECT_TRUE(at::equal(plain, network.forward(batch, nullptr)));
  const at::Tensor hidden = network.forward(batch, &step);
  EXPECT_FALSE(at::equal(plain, hidden));
  EXPECT_TRUE(at::equal(hidden, network.forward(batch, &step)));
  step.seed = 6;
  EXPECT_FALSE(at::equal(hidden, network.forward(batch, &step)));
}

TEST_F(SampleNetworkTest, ExportAndImportGiveTheSameLogits) {
  SampleNetwork network(series_spec(), 3, usable_dtypes().back()), other(series_spec(), 4, usable_dtypes().back());
  randomise_head(network);
  network.stem().set_level({0.5, -1}, {2, 3});
  const ParameterBuffers buffers = network.export_parameters();
  other.import_parameters(buffers.tensors);
  const Signal signal = noise(300, 2);
  EXPECT_LT(largest_difference(logits_of(network, signal), logits_of(other, signal)),
            usable_dtypes().back() == at::kBFloat16 ? 1e-6 : 0.1);
}

TEST_F(SampleNetworkTest, RefusesImpossibleSpecs) {
  const auto refused = [](auto change) {
    SampleNetworkSpec spec = sound_spec();
    change(spec);
    EXPECT_THROW(SampleNetwork(spec, 0, at::kFloat), Error);
  };
  refused([](SampleNetworkSpec& spec) { spec.taps = 0; });
  refused([](SampleNetworkSpec& spec) { spec.stride = 65; });
  refused([](SampleNetworkSpec& spec) { spec.filters = 12; });
  refused([](SampleNetworkSpec& spec) { spec.channels = 0; });
  refused([](SampleNetworkSpec& spec) { spec.stem_width = 33; });
  refused([](SampleNetworkSpec& spec) { spec.stages[1].downsample = 65; });
  refused([](SampleNetworkSpec& spec) { spec.stages.assign(4, {16, 0, 64}); });
}

TEST_F(SampleNetworkTest, CountsTheFlopsOfItsMatrices) {
  const SampleNetwork network(sound_spec(), 3, at::kFloat);
  Batch batch;
  batch.owners.resize(3);
  batch.n_item_rows = 10;
  int64_t fine = 0, coarse = 0, head = 0;  // multiplications a row of each resolution, and an item
  for (const Parameter& p : network.parameters()) {
    if (p.name == "stem.filters" || p.name == "stem.weight") fine += p.value.numel();
    if (p.name.starts_with("stage0") && p.hidden_matrix) fine += p.value.numel();
    if (p.name.starts_with("stage1") && p.hidden_matrix) coarse += p.value.numel();
    if (p.name == "head.weight") head += p.value.numel();
  }
  EXPECT_DOUBLE_EQ(network.forward_flops(batch), 2. * (10 * 2 * fine + 10 * coarse + 3 * head));
}

}  // namespace
}  // namespace gulo
