#include "engine/net/pixel_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/rng.h"
#include "data/all_items.h"
#include "engine/feed/pixel_batch.h"
#include "engine/net/random_pictures.h"
#include "engine/net/tile_product.h"

namespace gulo {
namespace {

const std::vector<Size> kMixed{{8, 8, 3}, {32, 32, 3}, {1, 1, 3}, {50, 9, 1}, {13, 27, 4}, {32, 32, 3}, {70, 65, 3}};

PixelNetworkSpec small_pixel_spec() {
  PixelNetworkSpec spec;
  spec.channels = 3;
  spec.stem_filters = 8;
  spec.layers = {{32, true}, {32, false}, {48, true}};
  spec.window = 40;
  spec.mirrored = true;
  spec.n_labels = 5;
  return spec;
}

PixelNetwork fitted(const Corpus& corpus, uint64_t seed, at::ScalarType dtype,
                    const PixelNetworkSpec& spec = small_pixel_spec()) {
  PixelNetwork network(spec, seed, dtype);
  network.fit_stem(corpus, all_items(corpus), 1);
  for (const Parameter& p : network.parameters())
    if (p.name == "head.weight") p.value.detach().normal_();  // a zero head would make every logit equal
  return network;
}

class PixelNetworkTest : public ::testing::Test {
 protected:
  void SetUp() override { at::manual_seed(1); }
};

TEST_F(PixelNetworkTest, APredictionDependsNeitherOnBatchMatesNorOnTheirSizes) {
  const Corpus corpus = random_pictures(kMixed);
  for (const at::ScalarType dtype : usable_dtypes()) {
    PixelNetwork network = fitted(corpus, 3, dtype);
    const std::vector<ItemView> items = corpus.views(all_items(corpus));
    const std::vector<float> together = network.logits(items, 0);
    for (size_t i = 0; i < items.size(); ++i) {
      const std::vector<float> alone = network.logits(std::span(items).subspan(i, 1), 0);
      for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(alone[k], together[5 * i + k], 1e-4) << "item " << i;
    }
    EXPECT_GT(std::abs(together[0] - together[5]), 1e-3);
  }
}

TEST_F(PixelNetworkTest, MirrorImagesHaveTheSameLogits) {
  const Corpus corpus = random_pictures({{32, 32, 3}});
  PixelNetwork network = fitted(corpus, 3, at::kFloat);
  Corpus mirrored = corpus;
  for (size_t y = 0; y < 32; ++y)
    for (size_t x = 0; x < 32; ++x)
      for (size_t c = 0; c < 3; ++c) mirrored.arena[(y * 32 + x) * 3 + c] = corpus.arena[(y * 32 + 31 - x) * 3 + c];
  const std::vector<float> a = network.logits(corpus.views(all_items(corpus)), 0),
                           b = network.logits(mirrored.views(all_items(mirrored)), 0);
  for (size_t k = 0; k < 5; ++k) EXPECT_NEAR(a[k], b[k], 1e-5);
}

TEST_F(PixelNetworkTest, LargePicturesAreTheMeanOfTheirWindows) {
  const Corpus corpus = random_pictures({{70, 65, 3}});
  PixelNetwork network = fitted(corpus, 3, at::kFloat);
  const std::vector<ItemView> items = corpus.views(all_items(corpus));
  const std::vector<float> whole = network.logits(items, 0), one = network.logits(items, 1);
  EXPECT_NEAR(network.logits_cost(items, 0) / network.logits_cost(items, 1), 4, 1e-9);
  EXPECT_GT(std::abs(whole[0] - one[0]), 1e-4);
}

TEST_F(PixelNetworkTest, TheStemWhitensPatches) {
  const Corpus corpus = random_pictures({{32, 32, 3}, {40, 40, 3}, {32, 20, 3}});
  PixelPacker packer(3);
  std::vector<GridSize> sizes;
  for (uint32_t i = 0; i < 3; ++i) {
    const auto [height, width, channels] = corpus.shapes[i].extents;
    sizes.push_back({static_cast<int32_t>(height), static_cast<int32_t>(width)});
    packer.add({corpus.view(i), i, 0, 0, sizes.back().height, sizes.back().width, false});
  }
  const at::Tensor pixels = packer.take().values[0];
  PixelStem stem{.stride = 2};
  fit_pixel_stem(stem, 24, pixels, sizes, 3);
  const at::Tensor both = pixel_stem(stem, pixels, sizes, at::kFloat);
  const at::Tensor out = both.slice(1, 0, 24) - both.slice(1, 24);
  const at::Tensor covariance = at::mm(out.t(), out) / static_cast<double>(out.size(0));
  EXPECT_LT((covariance - at::eye(24)).abs().max().item<double>(), 0.02);
  const at::Tensor picture =
      (pixels.slice(0, 0, 32 * 32 * 3).view({1, 32, 32, 3}).permute({0, 3, 1, 2}).to(at::kFloat) / 255 -
       stem.centre.view({1, 3, 1, 1}));
  const at::Tensor kernel = stem.weight.view({4, 4, 3, 24}).permute({3, 2, 0, 1});
  const at::Tensor exact = at::conv2d(picture, kernel, {}, 2, 1)[0].flatten(1).t();
  EXPECT_LT((out.slice(0, 0, 256) - exact).abs().max().item<double>(), 1e-3);
}

TEST_F(PixelNetworkTest, ExportAndImportGiveTheSameLogits) {
  const Corpus corpus = random_pictures(kMixed);
  PixelNetwork network = fitted(corpus, 3, usable_dtypes().back()), other(network.spec(), 4, usable_dtypes().back());
  const ParameterBuffers buffers = network.export_parameters();
  other.import_parameters(buffers.tensors);
  const std::vector<float> before = network.logits(corpus.views(all_items(corpus)), 0),
                           after = other.logits(corpus.views(all_items(corpus)), 0);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 2e-2);
}

TEST_F(PixelNetworkTest, RefusesImpossibleSpecsAndItems) {
  PixelNetworkSpec spec = small_pixel_spec();
  spec.layers[0].width = 33;
  EXPECT_THROW(PixelNetwork(spec, 0, at::kFloat), Error);
  PixelNetwork network(small_pixel_spec(), 0, at::kFloat);
  const ItemView empty{{ValueType::kUint8, {0, 0, 3}, 0}, {}};
  EXPECT_THROW(network.logits({&empty, 1}, 0), Error);
}

TEST_F(PixelNetworkTest, CountsTheFlopsOfItsMatrices) {
  const Corpus corpus = random_pictures({{32, 32, 3}});
  for (const auto& [dtype, products] : {std::pair{at::kFloat, 2.25}, {at::kBFloat16, 9.}}) {  // a position and weight
    const PixelNetwork network(small_pixel_spec(), 0, dtype);
    PixelPacker packer(3);
    packer.add({corpus.view(0), 0, 0, 0, 32, 32, false});
    const double layers = products * (256 * 16 * 32 + 64 * 32 * 32 + 64 * 32 * 48);
    EXPECT_DOUBLE_EQ(network.forward_flops(packer.take()), 2 * (256 * 48 * 8 + layers + 2 * 48 * 5));
  }
}

}  // namespace
}  // namespace gulo
