// 3x3 convolutions of the rows of packed grids (engine/net/grid.h), values and gradients, one thread's group of
// pictures at a time. What lies outside of a picture is zero.
//
// Floats are convolved by Winograd's minimal filtering (engine/net/winograd_kernels.h). Of bf16, which would lose bits
// in its transforms, each row's nine neighbours are joined for products of three lines.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "engine/net/grid.h"
#include "engine/net/row_tiles.h"
#include "engine/net/tile_product.h"

namespace gulo {

// Both classes have these functions. Rows are given by the blank one before them, which is zero, and have
// GridRows::kSpareRows rows behind them; `Work` is a thread's working memory.
class WinogradConvolution {
 public:
  struct Work {
    explicit Work(const WinogradConvolution& of);
    Scratch<float> points_in, points_out, turned;
  };

  // weight: [9 * in, out] float, as PixelLayer's. with_back: the inputs' gradients will be asked for.
  WinogradConvolution(const at::Tensor& weight, bool with_back);

  // product [1 + rows of the group, out] float; its first row is written to, and means nothing.
  void multiply(const GridRows& rows, const float* blank_and_in, Work& work, float* product) const;
  // Adds to weight_sums, n_sums() floats. product: [1 + rows, in] the gradients of the inputs, or null.
  void multiply_back(const GridRows& rows, const float* blank_and_in, const float* blank_and_grad, Work& work,
                     float* weight_sums, float* product) const;

  int64_t n_sums() const;
  // [9 * in, out]
  at::Tensor weight_gradient(const at::Tensor& sums) const;

 private:
  int64_t in_, out_;
  at::Tensor weight_, back_;  // [16, in, out], [16, out, in]
};

class JoinedConvolution {
 public:
  struct Work {
    explicit Work(const JoinedConvolution& of);
    Scratch<uint16_t> joined, turned;
    std::optional<TileMatrix<uint16_t>> right;
  };

  JoinedConvolution(const at::Tensor& weight, bool with_back);

  void multiply(const GridRows& rows, const uint16_t* blank_and_in, Work& work, float* product) const;
  void multiply_back(const GridRows& rows, const uint16_t* blank_and_in, const uint16_t* blank_and_grad, Work& work,
                     float* weight_sums, float* product) const;

  int64_t n_sums() const;
  at::Tensor weight_gradient(const at::Tensor& sums) const;

 private:
  static void multiply_neighbours(const GridRows& rows, const uint16_t* blank_and_rows, int64_t width,
                                  const std::vector<TileMatrix<uint16_t>>& lines, Work& work, float* product);

  int64_t in_, out_;
  std::vector<TileMatrix<uint16_t>> lines_, back_lines_;  // of dy = -1, 0, 1
};

// T is float, or uint16_t holding bf16.
template <class T>
using GridConvolution = std::conditional_t<std::is_same_v<T, float>, WinogradConvolution, JoinedConvolution>;

}  // namespace gulo
