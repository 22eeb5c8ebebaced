// The body and the pool of a pixel network, as one autograd function.
//
// Each layer is a 3x3 convolution (what lies outside of a picture is zero), then, where asked, the maximum of 2x2
// squares, then batch normalisation with a trained bias, then ReLU; at the end come each picture's mean and maximum
// over its positions. Pictures may be of different sizes: their positions are packed without blanks
// (engine/net/grid.h), and a picture's features depend on no other's, but for the batch's statistics in training.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/net/grid.h"

namespace gulo {

// Rows (dy, dx, channel) of a 3x3 convolution's weight: [9 * channels in, channels out].
struct PixelLayer {
  at::Tensor weight, bias;    // [9 * in, out], [out]; float
  at::Tensor mean, variance;  // [out], float: in training they are overwritten by the batch's, in prediction used
  bool halves = false;        // 2x2 maximum
};

constexpr float kChannelNormEpsilon = 1e-5f;

// rows: [layout.n_rows(), channels] float or bf16, not negative; no gradient flows back to them. Channels are multiples
// of 16. Returns [n_pictures, 2 * channels of the last layer] float: means, then maxima.
at::Tensor pixel_body(const at::Tensor& rows, const GridLayout& layout, const std::vector<PixelLayer>& layers,
                      bool training, const SumOverParts& sum = {});

}  // namespace gulo
