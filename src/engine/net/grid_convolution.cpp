#include "engine/net/grid_convolution.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "base/round_up.h"
#include "engine/net/grid_kernels.h"
#include "engine/net/transpose.h"
#include "engine/net/winograd_kernels.h"

namespace gulo {
namespace {

constexpr int64_t kPoints = kWinogradPoints;
// Squares whose points are made at once: enough for a product, few enough for L2.
constexpr int64_t kSquaresAtOnce = 64;
// Rows that one product of a weight's gradient sums over.
constexpr int64_t kGradientRows = 256;

// [16, 9]: a 3x3 filter's values at the points.
at::Tensor filter_transform() {
  const at::Tensor line = at::tensor({1., 0., 0., .5, .5, .5, .5, -.5, .5, 0., 0., 1.}).to(at::kFloat).view({4, 3});
  return at::kron(line, line);
}

int64_t n_points(int64_t width) {
  return kPoints * static_cast<int64_t>(WinogradSquares{nullptr, 0, kSquaresAtOnce}.next_point(width));
}

// body(squares, padded to a multiple of 16) for all of a group's.
template <class Body>
void for_squares(const GridRows& rows, const Body& body) {
  for (int64_t begin = 0; begin < rows.n_squares(); begin += kSquaresAtOnce) {
    const int64_t n = std::min(kSquaresAtOnce, rows.n_squares() - begin);
    body(WinogradSquares{rows.patches() + 16 * begin, static_cast<size_t>(n), static_cast<size_t>(round_up_to_16(n))});
  }
}

}  // namespace

WinogradConvolution::Work::Work(const WinogradConvolution& of)
    : points_in(n_points(of.in_)), points_out(n_points(of.out_)), turned(kSquaresAtOnce * of.out_) {}

WinogradConvolution::WinogradConvolution(const at::Tensor& weight, bool with_back)
    : in_(weight.size(0) / 9), out_(weight.size(1)) {
  weight_ = at::mm(filter_transform(), weight.detach().view({9, in_ * out_})).view({kPoints, in_, out_});
  if (with_back) back_ = weight_.transpose(1, 2).contiguous();
}

void WinogradConvolution::multiply(const GridRows& rows, const float* blank_and_in, Work& work, float* product) const {
  const float* weight = read<float>(weight_);
  for_squares(rows, [&](const WinogradSquares& squares) {
    const auto n = static_cast<int64_t>(squares.n_padded);
    winograd_inputs(blank_and_in, squares, in_, work.points_in);
    for (int64_t p = 0; p < kPoints; ++p)
      multiply_tile(n, out_, in_, work.points_in + p * squares.next_point(in_), weight + p * in_ * out_,
                    work.points_out + p * squares.next_point(out_));
    winograd_outputs(work.points_out, squares, out_, product);
  });
}

void WinogradConvolution::multiply_back(const GridRows& rows, const float* blank_and_in, const float* blank_and_grad,
                                        Work& work, float* weight_sums, float* product) const {
  if (product) std::memset(product, 0, (1 + rows.n_rows()) * in_ * sizeof(float));
  for_squares(rows, [&](const WinogradSquares& squares) {
    const auto n = static_cast<int64_t>(squares.n_padded);
    winograd_inputs(blank_and_in, squares, in_, work.points_in);
    winograd_output_gradients(blank_and_grad, squares, out_, work.points_out);
    for (int64_t p = 0; p < kPoints; ++p) {
      float *in = work.points_in + p * squares.next_point(in_), *grad = work.points_out + p * squares.next_point(out_);
      transpose(grad, out_, n, out_, work.turned, n);
      multiply_tile(out_, in_, n, work.turned, in, weight_sums + p * out_ * in_, true);
      if (product) multiply_tile(n, in_, out_, grad, read<float>(back_) + p * out_ * in_, in);
    }
    if (product) add_winograd_input_gradients(work.points_in, squares, in_, product);
  });
}

int64_t WinogradConvolution::n_sums() const { return kPoints * in_ * out_; }

at::Tensor WinogradConvolution::weight_gradient(const at::Tensor& sums) const {
  const at::Tensor taps = at::mm(filter_transform().t(), sums.view({kPoints, out_ * in_}));
  return taps.view({9, out_, in_}).transpose(1, 2).reshape({9 * in_, out_});
}

JoinedConvolution::Work::Work(const JoinedConvolution& of)
    : joined(kTileRows * 3 * std::max(of.in_, of.out_)), turned(kGradientRows * of.out_) {}

// Position p gave to position p + d through the tap -d: backwards, the taps in reverse, transposed.
JoinedConvolution::JoinedConvolution(const at::Tensor& weight, bool with_back)
    : in_(weight.size(0) / 9), out_(weight.size(1)) {
  const float* values = read<float>(weight);
  for (int64_t dy = 0; dy < 3; ++dy) {
    lines_.emplace_back(3 * in_, out_).set_weight(values + dy * 3 * in_ * out_);
    if (!with_back) continue;
    TileMatrix<uint16_t>& line = back_lines_.emplace_back(3 * out_, in_);
    for (int64_t dx = 0; dx < 3; ++dx)
      line.set_transposed_weight(values + (8 - 3 * dy - dx) * in_ * out_, dx * out_, out_);
  }
}

void JoinedConvolution::multiply_neighbours(const GridRows& rows, const uint16_t* blank_and_rows, int64_t width,
                                            const std::vector<TileMatrix<uint16_t>>& lines, Work& work,
                                            float* product) {
  const int64_t width_out = lines[0].n();
  for (int64_t begin = 0; begin < rows.n_rows(); begin += kTileRows) {
    const int64_t n = round_up_to_16(std::min(kTileRows, rows.n_rows() - begin));
    for (int dy = 0; dy < 3; ++dy) {
      copy_rows(blank_and_rows, rows.neighbours(dy - 1) + 3 * begin, 3 * n, width, work.joined);
      lines[dy].multiply(n, work.joined, 3 * width, product + (1 + begin) * width_out, dy > 0);
    }
  }
}

void JoinedConvolution::multiply(const GridRows& rows, const uint16_t* blank_and_in, Work& work, float* product) const {
  multiply_neighbours(rows, blank_and_in, in_, lines_, work, product);
}

void JoinedConvolution::multiply_back(const GridRows& rows, const uint16_t* blank_and_in,
                                      const uint16_t* blank_and_grad, Work& work, float* weight_sums,
                                      float* product) const {
  for (int64_t begin = 0; begin < rows.n_rows(); begin += kGradientRows) {
    const int64_t n = round_up_to_16(std::min(kGradientRows, rows.n_rows() - begin));
    if (!work.right || work.right->k() != n) work.right.emplace(n, 3 * in_);
    transpose(blank_and_grad + (1 + begin) * out_, out_, n, out_, work.turned, n);
    for (int dy = 0; dy < 3; ++dy) {
      join_rows_as_right(blank_and_in, rows.neighbours(dy - 1) + 3 * begin, n, 3, in_, work.right->mutable_data());
      work.right->multiply(out_, work.turned, n, weight_sums + dy * out_ * 3 * in_, true);
    }
  }
  if (product) multiply_neighbours(rows, blank_and_grad, out_, back_lines_, work, product);
}

int64_t JoinedConvolution::n_sums() const { return 9 * in_ * out_; }

at::Tensor JoinedConvolution::weight_gradient(const at::Tensor& sums) const {
  return sums.view({3, out_, 3 * in_}).permute({0, 2, 1}).reshape({9 * in_, out_});
}

}  // namespace gulo
