#include "engine/net/slot_grid.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <limits>

namespace gulo {
namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

// [n_slots, 1, height, width] bool; undefined where every slot is full.
at::Tensor mask_of(const at::Tensor& sizes, int64_t height, int64_t width) {
  if (!sizes.defined()) return {};
  const auto inside = [&](int64_t which, int64_t n) {
    return at::arange(n, sizes.options()).unsqueeze(0) < sizes.select(1, which).unsqueeze(1);
  };
  return inside(0, height).view({-1, 1, height, 1}).logical_and(inside(1, width).view({-1, 1, 1, width}));
}

at::Tensor with_blank(const at::Tensor& x, const at::Tensor& mask, double value = 0) {
  return mask.defined() ? x.masked_fill(mask.logical_not(), value) : x;
}

at::Tensor by_channel(const at::Tensor& values) { return values.view({1, -1, 1, 1}); }

// Weights [taps * taps * in, out] as a convolution's.
at::Tensor kernel_of(const at::Tensor& weight, int64_t taps, at::ScalarType dtype) {
  const int64_t in = weight.size(0) / (taps * taps);
  return weight.to(dtype).view({taps, taps, in, weight.size(1)}).permute({3, 2, 0, 1}).contiguous(kChannelsLast);
}

at::Tensor divided_up(const at::Tensor& sizes, int64_t by) {
  return sizes.defined() ? (sizes + (by - 1)).floor_divide(by) : sizes;
}

SlotGrid halved(const SlotGrid& grid) {
  const at::Tensor mask = mask_of(grid.sizes, grid.x.size(2), grid.x.size(3));
  const at::Tensor shown = with_blank(grid.x, mask, -std::numeric_limits<double>::infinity());
  return {at::max_pool2d(shown, 2, 2, 0, 1, true), divided_up(grid.sizes, 2)};
}

// Statistics of what is not blank; x is zero where it is.
at::Tensor normalise_with_blanks(const SlotGrid& grid, const PixelLayer& layer) {
  const at::Tensor wide = grid.x.to(at::kFloat), share = grid.sizes.prod(1).sum().to(at::kFloat).reciprocal();
  const at::Tensor mean = wide.sum({0, 2, 3}) * share;
  const at::Tensor variance = (wide.square().sum({0, 2, 3}) * share - mean.square()).clamp_min(0);
  layer.mean.copy_(mean.detach());
  layer.variance.copy_(variance.detach());
  const at::Tensor scale = (variance + kChannelNormEpsilon).rsqrt();
  return wide * by_channel(scale) + by_channel(layer.bias - mean * scale);
}

at::Tensor normalise_full(const at::Tensor& x, const PixelLayer& layer) {
  const at::Tensor factor = at::ones_like(layer.bias, layer.bias.options().requires_grad(false));
  const auto [normal, mean, scale] = at::native_batch_norm(x, factor, layer.bias, {}, {}, true, 0, kChannelNormEpsilon);
  layer.mean.copy_(mean.detach());
  layer.variance.copy_((scale.detach().square().reciprocal() - kChannelNormEpsilon).clamp_min(0));
  return normal;
}

at::Tensor normalise(const SlotGrid& grid, const PixelLayer& layer, bool training) {
  if (training) return grid.sizes.defined() ? normalise_with_blanks(grid, layer) : normalise_full(grid.x, layer);
  const at::Tensor scale = (layer.variance + kChannelNormEpsilon).rsqrt();
  return grid.x * by_channel(scale) + by_channel(layer.bias - layer.mean * scale);
}

SlotGrid convolve(const SlotGrid& grid, const PixelLayer& layer, bool training) {
  const at::ScalarType dtype = grid.x.scalar_type();
  SlotGrid out{at::conv2d(grid.x, kernel_of(layer.weight, 3, dtype), {}, 1, 1), grid.sizes};
  if (layer.halves) out = halved(out);
  const at::Tensor mask = mask_of(out.sizes, out.x.size(2), out.x.size(3));
  out.x = with_blank(out.x, mask);
  out.x = with_blank(at::relu(normalise(out, layer, training)).to(dtype), mask);
  return out;
}

// Nothing is below zero here: what is blank is no maximum that counts.
at::Tensor pool(const SlotGrid& grid) {
  const at::Tensor sum = grid.x.sum({2, 3}, false, at::kFloat);
  const at::Tensor mean = grid.sizes.defined() ? sum / grid.sizes.prod(1).unsqueeze(1)
                                               : sum / static_cast<double>(grid.x.size(2) * grid.x.size(3));
  return at::cat({mean, grid.x.amax({2, 3}).to(at::kFloat)}, 1);
}

}  // namespace

SlotGrid slot_pixel_stem(const PixelStem& stem, const at::Tensor& pixels, const at::Tensor& sizes,
                         at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  const int64_t stride = stem.stride, patch = stem.patch(), side = pixels.size(1);
  const int64_t positions = (side + stride - 1) / stride;
  const int64_t before = (patch - stride) / 2, behind = stride * (positions - 1) + patch - side - before;
  const at::Tensor centred = (pixels - stem.centre).permute({0, 3, 1, 2});
  const at::Tensor shown =
      at::constant_pad_nd(with_blank(centred, mask_of(sizes, side, side)), {before, behind, before, behind});
  const at::Tensor waves =
      at::conv2d(shown.contiguous(kChannelsLast), kernel_of(stem.weight, patch, at::kFloat), {}, stride);
  SlotGrid out{{}, divided_up(sizes, stride)};
  const at::Tensor both_ways = at::relu(at::cat({waves, -waves}, 1)).to(dtype).contiguous(kChannelsLast);
  out.x = with_blank(both_ways, mask_of(out.sizes, positions, positions));
  return out;
}

at::Tensor slot_pixel_body(SlotGrid grid, const std::vector<PixelLayer>& layers, bool training) {
  for (const PixelLayer& layer : layers) grid = convolve(grid, layer, training);
  return pool(grid);
}

}  // namespace gulo
