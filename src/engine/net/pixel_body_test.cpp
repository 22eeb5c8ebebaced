#include "engine/net/pixel_body.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/net/grid_convolution.h"
#include "engine/net/tensor_checks.h"
#include "engine/net/tile_product.h"

namespace gulo {
namespace {

std::vector<GridSize> mixed_sizes() { return {{5, 7}, {1, 1}, {16, 16}, {3, 40}, {8, 2}, {16, 16}, {2, 9}, {13, 13}}; }

std::vector<PixelLayer> random_layers() {
  std::vector<PixelLayer> layers;
  int64_t width = 16;
  for (const auto& [out, halves] : {std::pair<int64_t, bool>{32, true}, {32, false}, {48, true}, {16, false}}) {
    layers.push_back({random_parameter({9 * width, out}, 1 / std::sqrt(9. * static_cast<double>(width))),
                      random_parameter({out}, 0.2), at::randn({out}) * 0.1, at::rand({out}) + 0.5, halves});
    width = out;
  }
  return layers;
}

// As a value of `dtype`; its gradient is handed on as it is.
at::Tensor rounded(const at::Tensor& x, at::ScalarType dtype) {
  return x + (x.detach().to(dtype).to(at::kFloat) - x.detach());
}

// The same by LibTorch's own operations in float, rounded where the body rounds; each picture by itself but for the
// statistics. Without the same rounding other positions would be the maxima, and take all of the gradient.
at::Tensor plain_body(const at::Tensor& rows, const std::vector<GridSize>& sizes, const std::vector<PixelLayer>& layers,
                      bool training) {
  const at::ScalarType dtype = rows.scalar_type();
  std::vector<at::Tensor> pictures;
  int64_t row = 0;
  for (const GridSize& size : sizes) {
    const at::Tensor picture = rows.narrow(0, row, size.n_rows()).to(at::kFloat);
    pictures.push_back(picture.view({1, size.height, size.width, rows.size(1)}).permute({0, 3, 1, 2}));
    row += size.n_rows();
  }
  for (const PixelLayer& layer : layers) {
    const int64_t in = layer.weight.size(0) / 9, out = layer.weight.size(1);
    const at::Tensor kernel = rounded(layer.weight, dtype).view({3, 3, in, out}).permute({3, 2, 0, 1});
    std::vector<at::Tensor> all;
    for (at::Tensor& picture : pictures) {
      picture = at::conv2d(rounded(picture, dtype), kernel, {}, 1, 1);
      if (layer.halves) picture = at::max_pool2d(picture, 2, 2, 0, 1, true);
      all.push_back(picture.flatten(2)[0]);
    }
    const at::Tensor together = at::cat(all, 1);
    const at::Tensor mean = training ? together.mean(1) : layer.mean;
    const at::Tensor variance = training ? together.var(1, false) : layer.variance;
    const at::Tensor scale = at::rsqrt(variance + kChannelNormEpsilon);
    for (at::Tensor& picture : pictures)
      picture = at::relu((rounded(picture, dtype) - mean.view({-1, 1, 1})) * scale.view({-1, 1, 1}) +
                         layer.bias.view({-1, 1, 1}));
  }
  std::vector<at::Tensor> features;
  for (const at::Tensor& picture : pictures) {
    const at::Tensor flat = picture.flatten(2)[0];
    features.push_back(at::cat({flat.mean(1), flat.amax(1)}));
  }
  return at::stack(features);
}

struct LayerCase {
  at::ScalarType dtype;
  double value_tolerance, gradient_tolerance;
};

// Gradients are rounded to bf16 between the layers.
std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> layer_cases{{at::kFloat, 1e-5, 1e-4}};
  if (usable_dtypes().back() == at::kBFloat16) layer_cases.push_back({at::kBFloat16, 2e-3, 2e-2});
  return layer_cases;
}

class PixelBodyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    at::manual_seed(1);
    layout_rows_ = at::relu(at::randn({layout_.n_rows(), 16}));
  }

  GridLayout layout_{mixed_sizes()};
  at::Tensor layout_rows_;
};

TEST_F(PixelBodyTest, TrainingEqualsPlainCompositionInValueAndGradient) {
  for (const LayerCase& c : layer_cases()) {
    const std::vector<PixelLayer> layers = random_layers();
    const at::Tensor rows = layout_rows_.to(c.dtype);
    const at::Tensor exact = plain_body(rows, mixed_sizes(), layers, true);
    const at::Tensor direction = at::randn_like(exact);
    (exact * direction).sum().backward();
    std::vector<at::Tensor> exact_gradients;
    for (const PixelLayer& layer : layers)
      for (const at::Tensor& leaf : {layer.weight, layer.bias}) {
        exact_gradients.push_back(leaf.grad().clone());
        leaf.mutable_grad().reset();
      }
    const at::Tensor out = pixel_body(rows, layout_, layers, true);
    EXPECT_LT(relative_error(out, exact), c.value_tolerance);
    (out * direction).sum().backward();
    for (size_t l = 0; l < layers.size(); ++l) {
      EXPECT_LT(relative_error(layers[l].weight.grad(), exact_gradients[2 * l]), c.gradient_tolerance)
          << "weight " << l;
      EXPECT_LT(relative_error(layers[l].bias.grad(), exact_gradients[2 * l + 1]), c.gradient_tolerance)
          << "bias " << l;
    }
  }
}

TEST_F(PixelBodyTest, PredictionEqualsPlainComposition) {
  const at::NoGradGuard no_grad;
  for (const LayerCase& c : layer_cases()) {
    const std::vector<PixelLayer> layers = random_layers();
    const at::Tensor rows = layout_rows_.to(c.dtype);
    EXPECT_LT(relative_error(pixel_body(rows, layout_, layers, false), plain_body(rows, mixed_sizes(), layers, false)),
              c.value_tolerance);
  }
}

TEST_F(PixelBodyTest, APictureAloneHasTheFeaturesThatItHasAmongOthers) {
  const at::NoGradGuard no_grad;
  for (const LayerCase& c : layer_cases()) {
    const std::vector<PixelLayer> layers = random_layers();
    const at::Tensor rows = layout_rows_.to(c.dtype);
    const at::Tensor together = pixel_body(rows, layout_, layers, false);
    for (size_t i = 0; i < layout_.n_pictures(); ++i) {
      const at::Tensor alone = rows.narrow(0, layout_.first_row(i), layout_.sizes()[i].n_rows()).contiguous();
      const at::Tensor features = pixel_body(alone, GridLayout({layout_.sizes()[i]}), layers, false)[0];
      EXPECT_LT((features - together[static_cast<int64_t>(i)]).abs().max().item<double>(), 1e-5) << "picture " << i;
    }
  }
}

TEST_F(PixelBodyTest, ABatchsStatisticsAreGivenBack) {
  const std::vector<PixelLayer> layers = random_layers();
  pixel_body(layout_rows_, layout_, layers, true);
  const at::NoGradGuard no_grad;
  EXPECT_LT(relative_error(pixel_body(layout_rows_, layout_, layers, false),
                           plain_body(layout_rows_, mixed_sizes(), layers, true)),
            1e-5);
}

TEST(GridTest, NeighboursAndSquaresOfOddSizes) {
  GridRows rows;
  const std::vector<GridSize> sizes{{1, 1}, {3, 2}};
  rows.set(sizes);
  // The second picture's rows are 1..6 of the group, 2..7 as numbers from 1; its middle left position is row 3.
  const std::vector<int32_t> neighbours = neighbour_rows(sizes);
  const int32_t* above = neighbours.data() + 3 * 3;
  const int64_t line = 3 * (rows.n_rows() + kSpareRows);
  EXPECT_EQ((std::vector<int32_t>{above, above + 3}), (std::vector<int32_t>{0, 2, 3}));
  EXPECT_EQ((std::vector<int32_t>{above + line, above + line + 3}), (std::vector<int32_t>{0, 4, 5}));
  EXPECT_EQ((std::vector<int32_t>{above + 2 * line, above + 2 * line + 3}), (std::vector<int32_t>{0, 6, 7}));
  ASSERT_EQ(rows.n_squares(), 3);
  EXPECT_EQ((std::vector<int32_t>{rows.squares(), rows.squares() + 12}),
            (std::vector<int32_t>{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 5, 5}));
  std::vector<int32_t> patches;
  append_patches(sizes[1], 1, 2, patches);
  ASSERT_EQ(patches.size(), 32u);
  EXPECT_EQ((std::vector<int32_t>{patches.begin() + 16, patches.end()}),
            (std::vector<int32_t>{0, 4, 5, 0, 0, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  patches.clear();
  append_patches(sizes[1], 1, 4, patches);
  ASSERT_EQ(patches.size(), 36u);
  EXPECT_EQ((std::vector<int32_t>{patches.begin(), patches.begin() + 18}),
            (std::vector<int32_t>{0, 0, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 4, 5, 0, 0, 0}));
}

TEST(GridTest, AConvolutionTakesTheFewestProducts) {
  EXPECT_EQ(winograd_products({16, 16}), 16 * 36);
  EXPECT_EQ(winograd_products({5, 7}), 4 * 36);
  EXPECT_EQ(winograd_products({8, 2}), 4 * 16);
  EXPECT_EQ(winograd_products({1, 1}), 16);
}

TEST(GridTest, PartsAndGroupsCoverEveryPictureOnce) {
  const GridLayout layout(mixed_sizes());
  size_t next = 0;
  for (int64_t part = 0; part < 3; ++part)
    for (const GridGroup& group : layout.groups(part, 3, 100)) {
      EXPECT_EQ(group.begin, next);
      EXPECT_EQ(group.first_row, layout.first_row(group.begin));
      next = group.end;
    }
  EXPECT_EQ(next, layout.n_pictures());
}

}  // namespace
}  // namespace gulo
