// The body of a picture network against the same by LibTorch's convolutions, pooling and batch normalisation: 128
// pictures of 16 x 16 positions of 32 channels, six layers at three resolutions, with the batch's statistics.
//
// NCHW, NHWC: LibTorch's convolutions with the channels outermost and innermost.
#include "engine/net/pixel_body.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "kernels_bench.h"

namespace gulo {
namespace {

constexpr int64_t kPictures = 128, kChannels = 32;
constexpr int32_t kSide = 16;
const std::vector<std::pair<int64_t, bool>> kLayers{{64, true},   {64, false}, {128, true},
                                                    {128, false}, {128, true}, {128, false}};  // width, halves

struct PixelBodyProblem {
  at::Tensor rows = at::relu(at::randn({kPictures * kSide * kSide, kChannels}));
  GridLayout layout{std::vector<GridSize>(kPictures, {kSide, kSide})};
  std::vector<PixelLayer> layers;
  std::vector<at::Tensor> filters;  // [out, in, 3, 3] of each layer

  PixelBodyProblem() {
    int64_t in = kChannels;
    for (const auto& [out, halves] : kLayers) {
      const at::Tensor weight = at::randn({9 * in, out}) / std::sqrt(9. * static_cast<double>(in));
      filters.push_back(weight.view({3, 3, in, out}).permute({3, 2, 0, 1}).contiguous().set_requires_grad(true));
      layers.push_back({weight.clone().set_requires_grad(true), at::zeros({out}).set_requires_grad(true),
                        at::zeros({out}), at::ones({out}), halves});
      in = out;
    }
  }

  at::Tensor own() { return pixel_body(rows, layout, layers, true); }

  at::Tensor by_convolutions(at::MemoryFormat format) {
    at::Tensor x = rows.view({kPictures, kSide, kSide, kChannels}).permute({0, 3, 1, 2}).contiguous(format);
    for (size_t l = 0; l < layers.size(); ++l) {
      x = at::conv2d(x, filters[l].contiguous(format), {}, 1, 1);
      if (layers[l].halves) x = at::max_pool2d(x, 2);
      x = at::relu(at::batch_norm(x, {}, layers[l].bias, {}, {}, true, 0.1, kChannelNormEpsilon, false));
    }
    return at::cat({x.mean(at::IntArrayRef{2, 3}), x.amax(at::IntArrayRef{2, 3})}, 1);
  }
};

template <class Body>
void register_body(const std::string& way, const std::shared_ptr<PixelBodyProblem>& problem, const Body& body) {
  const int64_t n_bytes = problem->rows.numel() * 4;
  register_way("pixel_body/128_of_16x16/forward/" + way, n_bytes, [=] {
    const at::NoGradGuard no_grad;
    benchmark::DoNotOptimize(body(*problem));
  });
  register_way("pixel_body/128_of_16x16/forward_backward/" + way, n_bytes, [=] {
    body(*problem).square().sum().backward();
    for (const PixelLayer& layer : problem->layers)
      layer.weight.mutable_grad().reset(), layer.bias.mutable_grad().reset();
    for (const at::Tensor& filter : problem->filters) filter.mutable_grad().reset();
  });
}

}  // namespace

void register_pixel_body() {
  at::manual_seed(1);
  const auto problem = std::make_shared<PixelBodyProblem>();
  register_body("own", problem, [](PixelBodyProblem& of) { return of.own(); });
  register_body("NCHW", problem, [](PixelBodyProblem& of) { return of.by_convolutions(at::MemoryFormat::Contiguous); });
  register_body("NHWC", problem,
                [](PixelBodyProblem& of) { return of.by_convolutions(at::MemoryFormat::ChannelsLast); });
}

}  // namespace gulo
