#include "run/bank_scorer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/rng.h"
#include "base/threads.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

constexpr size_t kLabels = 3;

// A bank over two channels with random biases and weights.
class BankModel : public testing::Test {
 protected:
  BankModel() {
    Rng rng(1);
    tensors_.channels = {1, 0, 1, 1};
    for (size_t i = 0; i < spec_.n_features(); ++i) tensors_.biases.push_back(static_cast<float>(rng.uniform() - 0.5));
    for (size_t i = 0; i < spec_.n_features() * kLabels; ++i)
      tensors_.weights.push_back(static_cast<float>(rng.uniform() - 0.5));
    tensors_.offsets = {1, 2, 3};
  }

  static RawItem item(uint32_t n_steps, uint32_t n_channels, uint64_t seed) {
    Rng rng(seed);
    RawItem item{{ValueType::kFloat32, {n_steps, n_channels, 1}}, {}};
    std::vector<float> values(item.shape.n_values());
    for (float& value : values) value = rng.below(20) == 0 ? NAN : static_cast<float>(rng.uniform() - 0.5);
    item.bytes.resize(values.size() * sizeof(float));
    if (!values.empty()) std::memcpy(item.bytes.data(), values.data(), item.bytes.size());
    return item;
  }

  const ConvolutionBankSpec spec_{2, {1, 3}, {2, 3}};
  BankTensors tensors_;
};

TEST_F(BankModel, LogitsAreTheDefinitionsAfterATripThroughAFile) {
  TemporaryTree tree;
  write_safetensors(tree.path("bank"), tensors_.tensors(spec_), {});
  const SafetensorsFile file = read_safetensors(tree.path("bank"));
  const BankScorer scorer(spec_, kLabels, file.tensors);
  BankScratch scratch;
  for (const uint32_t n_steps : {1u, 9u, 10u, 300u}) {
    const RawItem raw = item(n_steps, 2, n_steps);
    std::vector<float> values(raw.shape.n_values()), planes(2 * n_steps);
    values_as_float({raw.shape, raw.bytes}, values);
    convolution_bank_planes(values.data(), n_steps, 2, 2, planes.data());
    std::vector<double> features(spec_.n_features());
    convolution_bank_reference(bank_view(spec_, tensors_.channels.data(), tensors_.biases.data()), planes.data(),
                               n_steps, features.data());
    const auto logits = scorer.logits({raw.shape, raw.bytes}, scratch);
    for (size_t k = 0; k < kLabels; ++k) {
      double wanted = tensors_.offsets[k];
      for (size_t f = 0; f < features.size(); ++f) wanted += features[f] * double{tensors_.weights[f * kLabels + k]};
      EXPECT_NEAR(logits[k], wanted, 1e-4) << n_steps;
    }
  }
}

TEST_F(BankModel, AnItemAloneIsAnItemAmongOthers) {
  const auto map = tensors_.tensors(spec_);
  const BankScorer scorer(spec_, kLabels, map);
  std::vector<RawItem> items;
  for (uint32_t i = 0; i < 40; ++i) items.push_back(item(1 + i * 17 % 200, 1 + i % 3, i));
  std::vector<std::vector<float>> together(items.size());
  std::vector<BankScratch> scratch(3);
  parallel_for(items.size(), 3, 4, [&](size_t i, int thread) {
    together[i] = scorer.logits({items[i].shape, items[i].bytes}, scratch[static_cast<size_t>(thread)]);
  });
  for (size_t i = 0; i < items.size(); ++i) {
    BankScratch fresh;
    EXPECT_EQ(scorer.logits({items[i].shape, items[i].bytes}, fresh), together[i]) << i;
  }
}

TEST_F(BankModel, AnEmptyItemGetsTheOffsets) {
  const auto map = tensors_.tensors(spec_);
  BankScratch scratch;
  const RawItem raw = item(0, 2, 0);
  EXPECT_EQ(BankScorer(spec_, kLabels, map).logits({raw.shape, raw.bytes}, scratch), tensors_.offsets);
}

TEST_F(BankModel, TensorsThatDoNotFitAreAnError) {
  const auto map = tensors_.tensors(spec_);
  EXPECT_THROW(BankScorer(spec_, kLabels + 1, map), Error);
}

}  // namespace
}  // namespace gulo
