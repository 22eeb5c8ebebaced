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

// Squares whose points are made at once: enough for a product, few enough for the cache.
constexpr int64_t kSquaresAtOnce = 64;
// Rows that one product of a weight's gradient sums over.
constexpr int64_t kGradientRows = 256;

// [points, 9]: a 3x3 filter's values at the points.
at::Tensor filter_transform(int32_t side) {
  const at::Tensor line = side == 2
                              ? at::tensor({1., 0., 0., 1. / 2, 1. / 2, 1. / 2, 1. / 2, -1. / 2, 1. / 2, 0., 0., 1.})
                              : at::tensor({1. / 4, 0., 0., -1. / 6, -1. / 6, -1. / 6, -1. / 6, 1. / 6, -1. / 6,
                                            1. / 24, 1. / 12, 1. / 6, 1. / 24, -1. / 12, 1. / 6, 0., 0., 1.});
  const at::Tensor lines = line.to(at::kFloat).view({side + 2, 3});
  return at::kron(lines, lines);
}

int64_t products_in(const GridSize& size, int32_t side) {
  const int64_t down = (size.height + side - 1) / side, across = (size.width + side - 1) / side;
  return down * across * (side + 2) * (side + 2);
}

// Each picture by itself: what comes out of it does not depend on the others.
int32_t best_side(const GridSize& size) { return products_in(size, 4) < products_in(size, 2) ? 4 : 2; }

}  // namespace

int64_t winograd_products(const GridSize& size) { return products_in(size, best_side(size)); }

WinogradConvolution::Work::Work(const WinogradConvolution& convolution)
    : of(convolution),
      points_in(convolution.n_points(convolution.in_)),
      points_out(convolution.n_points(convolution.out_)),
      turned(kSquaresAtOnce * convolution.in_),
      sums(convolution.forms_.size()) {}

void WinogradConvolution::Work::set(std::span<const GridSize> pictures) {
  patches.assign(of.forms_.size(), {});
  n_rows = 0;
  for (const GridSize& picture : pictures) {
    const auto form = std::ranges::find(of.forms_, best_side(picture), &Form::side);
    append_patches(picture, static_cast<int32_t>(n_rows), form->side,
                   patches[static_cast<size_t>(form - of.forms_.begin())]);
    n_rows += picture.n_rows();
  }
}

WinogradConvolution::WinogradConvolution(const at::Tensor& weight, const GridLayout& layout, bool backward)
    : in_(weight.size(0) / 9), out_(weight.size(1)) {
  at::Tensor taps = weight.detach().view({9, in_, out_});
  if (backward) taps = taps.transpose(1, 2).contiguous();
  for (const int32_t side : {2, 4}) {
    if (std::ranges::find(layout.sizes(), side, best_side) == layout.sizes().end()) continue;
    const at::Tensor transform = filter_transform(side);
    forms_.push_back({side, transform, at::mm(transform, taps.view({9, in_ * out_}))});
  }
}

// Of as many squares as are worked on at once.
int64_t WinogradConvolution::n_points(int64_t width) const {
  const auto side = static_cast<size_t>(forms_.empty() ? 2 : forms_.back().side);
  const WinogradSquares squares{side, nullptr, 0, kSquaresAtOnce};
  return static_cast<int64_t>(squares.n_points() * squares.next_point(static_cast<size_t>(width)));
}

template <class Body>
void WinogradConvolution::for_squares(const Work& work, const Body& body) const {
  for (size_t f = 0; f < forms_.size(); ++f) {
    const int64_t n_points = forms_[f].n_points(), n_squares = std::ssize(work.patches[f]) / n_points;
    for (int64_t begin = 0; begin < n_squares; begin += kSquaresAtOnce) {
      const int64_t n = std::min(kSquaresAtOnce, n_squares - begin);
      body(f, WinogradSquares{static_cast<size_t>(forms_[f].side), work.patches[f].data() + n_points * begin,
                              static_cast<size_t>(n), static_cast<size_t>(round_up_to_16(n))});
    }
  }
}

void WinogradConvolution::multiply(const float* blank_and_in, Work& work, float* product) const {
  for_squares(work, [&](size_t form, const WinogradSquares& squares) {
    const auto n = static_cast<int64_t>(squares.n_padded);
    const float* weight = read<float>(forms_[form].weight);
    winograd_inputs(blank_and_in, squares, in_, work.points_in);
    for (int64_t p = 0; p < forms_[form].n_points(); ++p)
      multiply_tile(n, out_, in_, work.points_in + p * squares.next_point(in_), weight + p * in_ * out_,
                    work.points_out + p * squares.next_point(out_));
    winograd_outputs(work.points_out, squares, out_, product);
  });
}

void WinogradConvolution::multiply_back(const float* blank_and_in, const float* blank_and_grad, Work& work,
                                        float* product) const {
  if (product) std::memset(product, 0, (1 + work.n_rows) * in_ * sizeof(float));
  for_squares(work, [&](size_t form, const WinogradSquares& squares) {
    const auto n = static_cast<int64_t>(squares.n_padded);
    const int64_t n_points = forms_[form].n_points();
    const float* weight = read<float>(forms_[form].weight);
    const bool add = work.sums[form].defined();
    if (!add) work.sums[form] = at::empty({n_points, in_ * out_}, at::kFloat);
    auto* sums = write<float>(work.sums[form]);
    winograd_inputs(blank_and_in, squares, in_, work.points_in);
    winograd_output_gradients(blank_and_grad, squares, out_, work.points_out);
    for (int64_t p = 0; p < n_points; ++p) {
      float *in = work.points_in + p * squares.next_point(in_), *grad = work.points_out + p * squares.next_point(out_);
      transpose(in, in_, n, in_, work.turned, n);
      multiply_tile(in_, out_, n, work.turned, grad, sums + p * in_ * out_, add);
      if (product) multiply_tile(n, in_, out_, grad, weight + p * in_ * out_, in);
    }
    if (product) add_winograd_input_gradients(work.points_in, squares, in_, product);
  });
}

void WinogradConvolution::put_weight_gradient(const Work& work, float* gradient) const {
  at::Tensor taps = at::from_blob(gradient, {9, in_ * out_}, at::kFloat);
  bool add = false;
  for (size_t f = 0; f < forms_.size(); ++f) {
    if (!work.sums[f].defined()) continue;
    at::addmm_out(taps, taps, forms_[f].transform.t(), work.sums[f], add ? 1 : 0, 1);
    add = true;
  }
  if (!add) taps.zero_();
}

JoinedConvolution::Work::Work(const JoinedConvolution& of)
    : joined(kTileRows * 3 * std::max(of.in_, of.out_)), turned(kGradientRows * of.out_) {}

void JoinedConvolution::Work::set(std::span<const GridSize> pictures) {
  n_rows = 0;
  for (const GridSize& picture : pictures) n_rows += picture.n_rows();
  neighbours = neighbour_rows(pictures);
}

// Backward: position p gave to position p + d through the tap -d, so the taps are taken in reverse, and transposed.
JoinedConvolution::JoinedConvolution(const at::Tensor& weight, const GridLayout&, bool backward)
    : in_(weight.size(0) / 9), out_(weight.size(1)) {
  const float* values = read<float>(weight);
  for (int64_t dy = 0; dy < 3; ++dy) {
    if (!backward) {
      lines_.emplace_back(3 * in_, out_).set_weight(values + dy * 3 * in_ * out_);
      continue;
    }
    TileMatrix<uint16_t>& line = lines_.emplace_back(3 * out_, in_);
    for (int64_t dx = 0; dx < 3; ++dx)
      line.set_transposed_weight(values + (8 - 3 * dy - dx) * in_ * out_, dx * out_, out_);
  }
}

void JoinedConvolution::multiply_neighbours(const uint16_t* blank_and_rows, int64_t width, Work& work,
                                            float* product) const {
  const int64_t width_out = lines_[0].n();
  for (int64_t begin = 0; begin < work.n_rows; begin += kTileRows) {
    const int64_t n = round_up_to_16(std::min(kTileRows, work.n_rows - begin));
    for (int dy = 0; dy < 3; ++dy) {
      copy_rows(blank_and_rows, work.line(dy - 1) + 3 * begin, 3 * n, width, work.joined);
      lines_[dy].multiply(n, work.joined, 3 * width, product + (1 + begin) * width_out, dy > 0);
    }
  }
}

void JoinedConvolution::multiply(const uint16_t* blank_and_in, Work& work, float* product) const {
  multiply_neighbours(blank_and_in, in_, work, product);
}

void JoinedConvolution::multiply_back(const uint16_t* blank_and_in, const uint16_t* blank_and_grad, Work& work,
                                      float* product) const {
  if (!work.sums.defined()) work.sums = at::zeros({3, out_, 3 * in_}, at::kFloat);
  for (int64_t begin = 0; begin < work.n_rows; begin += kGradientRows) {
    const int64_t n = round_up_to_16(std::min(kGradientRows, work.n_rows - begin));
    if (!work.right || work.right->k() != n) work.right.emplace(n, 3 * in_);
    transpose(blank_and_grad + (1 + begin) * out_, out_, n, out_, work.turned, n);
    for (int dy = 0; dy < 3; ++dy) {
      join_rows_as_right(blank_and_in, work.line(dy - 1) + 3 * begin, n, 3, in_, work.right->mutable_data());
      work.right->multiply(out_, work.turned, n, write<float>(work.sums) + dy * out_ * 3 * in_, true);
    }
  }
  if (product) multiply_neighbours(blank_and_grad, out_, work, product);
}

void JoinedConvolution::put_weight_gradient(const Work& work, float* gradient) const {
  at::Tensor taps = at::from_blob(gradient, {3, 3 * in_, out_}, at::kFloat);
  if (work.sums.defined())
    taps.copy_(work.sums.transpose(1, 2));
  else
    taps.zero_();
}

}  // namespace gulo
