// The entrance of a pixel network: frozen whitening filters over the raw values of each picture.
//
// A patch of 2 * stride pixels each way (3 where the stride is 1), every `stride` pixels, is multiplied with filters
// that make the patches of the training pictures white: eigenvectors of their covariance, divided by their deviation
// (Page 2019, myrtle.ai; Jordan 2024, arXiv 2404.00498). Each filter gives its positive and its negative part. What
// lies outside of a picture counts as the colour `centre`.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "engine/net/grid.h"

namespace gulo {

struct PixelStem {
  at::Tensor centre{};  // [channels] float: what is subtracted from every value
  at::Tensor weight{};  // [patch * patch * channels, filters] float, rows (y, x, channel); filters a multiple of 8
  int stride = 2;

  int patch() const { return patch_of(stride); }
  static int patch_of(int stride) { return stride == 1 ? 3 : 2 * stride; }
  GridSize grid(const GridSize& picture) const {
    return {(picture.height + stride - 1) / stride, (picture.width + stride - 1) / stride};
  }
};

// pixels: uint8 (counted in 1/255) or float, the values [height, width, channels] of one picture after the other.
// Returns [positions of all pictures, 2 * filters] in `dtype`, float or bf16.
at::Tensor pixel_stem(const PixelStem& stem, const at::Tensor& pixels, const std::vector<GridSize>& pictures,
                      at::ScalarType dtype);

// centre and weight for pictures like these.
void fit_pixel_stem(PixelStem& stem, int64_t n_filters, const at::Tensor& pixels, const std::vector<GridSize>& pictures,
                    int64_t channels);

}  // namespace gulo
