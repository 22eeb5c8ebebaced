// 3x3 convolutions of the rows of packed grids (engine/net/grid.h), values and gradients, one thread's group of
// pictures at a time. What lies outside of a picture is zero.
//
// Floats are convolved by Winograd's minimal filtering (engine/net/winograd_kernels.h). Of bf16, which would lose bits
// in its transforms, each row's nine neighbours are joined for products of three lines.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/net/grid.h"
#include "engine/net/row_tiles.h"
#include "engine/net/tile_product.h"

namespace gulo {

// How many times the products of floats bf16 takes: nine a position instead of 36 for 16.
constexpr double kBf16Convolution = 4;

// By how many products for each pair of channels a picture of floats is convolved.
int64_t winograd_products(const GridSize& size);

// Both classes have these functions. Rows are given by the blank one before them, which is zero, and have kSpareRows
// rows behind them; `Work` is a thread's working memory: it knows the pictures that are worked on, and adds up the
// weight's gradient.
class WinogradConvolution {
 public:
  struct Work {
    explicit Work(const WinogradConvolution& of);
    void set(std::span<const GridSize> pictures);
    const WinogradConvolution& of;
    Scratch<float> points_in, points_out, turned;
    int64_t n_rows = 0;
    std::vector<std::vector<int32_t>> patches;  // of each of the convolution's sides
    std::vector<at::Tensor> sums;               // the same: of the weight's gradient at the points, where there is one
  };

  // weight: [9 * in, out] float, as PixelLayer's. layout: of the pictures. For forward or backward, not both.
  WinogradConvolution(const at::Tensor& weight, const GridLayout& layout, bool backward);

  // product [1 + rows of the group, out] float; its first row is written to, and means nothing.
  void multiply(const float* blank_and_in, Work& work, float* product) const;
  // product: [1 + rows, in] the gradients of the inputs, or null.
  void multiply_back(const float* blank_and_in, const float* blank_and_grad, Work& work, float* product) const;
  // Of all that `work` was given. gradient: [9 * in, out].
  void put_weight_gradient(const Work& work, float* gradient) const;

 private:
  // How pictures are convolved whose squares have this side.
  struct Form {
    int32_t side;
    at::Tensor transform;  // [points, 9] a filter's values at the points
    at::Tensor weight;     // [points, in, out]; [points, out, in] for backward
    int64_t n_points() const { return int64_t{side + 2} * (side + 2); }
  };
  int64_t n_points(int64_t width) const;
  // body(form, squares) for all squares of a group.
  template <class Body>
  void for_squares(const Work& work, const Body& body) const;

  int64_t in_, out_;
  std::vector<Form> forms_;  // those that the pictures need
};

class JoinedConvolution {
 public:
  struct Work {
    explicit Work(const JoinedConvolution& of);
    void set(std::span<const GridSize> pictures);
    const int32_t* line(int64_t dy) const { return neighbours.data() + (dy + 1) * 3 * (n_rows + kSpareRows); }
    Scratch<uint16_t> joined, turned;
    std::optional<TileMatrix<uint16_t>> right;
    int64_t n_rows = 0;
    std::vector<int32_t> neighbours;
    at::Tensor sums;  // [3, out, 3 * in]
  };

  JoinedConvolution(const at::Tensor& weight, const GridLayout& layout, bool backward);

  void multiply(const uint16_t* blank_and_in, Work& work, float* product) const;
  void multiply_back(const uint16_t* blank_and_in, const uint16_t* blank_and_grad, Work& work, float* product) const;
  void put_weight_gradient(const Work& work, float* gradient) const;

 private:
  void multiply_neighbours(const uint16_t* blank_and_rows, int64_t width, Work& work, float* product) const;

  int64_t in_, out_;
  std::vector<TileMatrix<uint16_t>> lines_;  // of dy = -1, 0, 1
};

// T is float, or uint16_t holding bf16.
template <class T>
using GridConvolution = std::conditional_t<std::is_same_v<T, float>, WinogradConvolution, JoinedConvolution>;

}  // namespace gulo
