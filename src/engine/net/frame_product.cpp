#include "engine/net/frame_product.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/net/row_kernels.h"
#include "engine/net/row_tiles.h"
#include "engine/net/tile_product.h"
#include "engine/net/transpose.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

const float* in_type(const float* rows, size_t, float*) { return rows; }
const uint16_t* in_type(const float* rows, size_t n, uint16_t* rounded) {
  round_to_bf16(rows, n, rounded);
  return rounded;
}

template <class T>
void multiply_frames(const at::Tensor& x, const at::Tensor& filters, int64_t step, const at::Tensor& y) {
  const int64_t n_rows = y.size(0), n = y.size(1);
  TileMatrix<T> right(filters.size(0), n);
  right.set_weight(read<float>(filters));
  float* out = write<float>(y);
  for_each_part(n_tiles(n_rows), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const Tile tile = tile_at(t, n_rows);
      right.multiply(tile.n_rows, read<T>(x) + tile.begin * step, step, out + tile.begin * n);
    }
  });
}

template <class T>
at::Tensor filter_gradient(const at::Tensor& x, const at::Tensor& filters, int64_t step, const at::Tensor& grad_y) {
  const int64_t n_rows = grad_y.size(0), k = filters.size(0), n = filters.size(1);
  GradientSums sums({k * n});
  for_each_part(n_tiles(n_rows), [&](int64_t part, int64_t begin, int64_t end) {
    Scratch<T> left(k * kTileRows), rounded(kTileRows * n);
    for (int64_t t = begin; t < end; ++t) {
      const Tile tile = tile_at(t, n_rows);
      TileMatrix<T> right(tile.n_rows, n);
      right.set_rows(in_type(read<float>(grad_y) + tile.begin * n, tile.n_rows * n, static_cast<T*>(rounded)), n);
      transpose(read<T>(x) + tile.begin * step, step, tile.n_rows, k, left, tile.n_rows);
      right.multiply(k, left, tile.n_rows, sums.part(part, 0), true);
    }
  });
  return sums.total(0, {k, n});
}

struct FrameProduct : torch::autograd::Function<FrameProduct> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& x, const Variable& filters, int64_t n_rows,
                          int64_t step) {
    const at::Tensor y = at::empty({n_rows, filters.size(1)}, at::kFloat);
    if (x.scalar_type() == at::kBFloat16)
      multiply_frames<uint16_t>(x, filters, step, y);
    else
      multiply_frames<float>(x, filters, step, y);
    if (ctx) {
      ctx->save_for_backward({x, filters});
      ctx->saved_data["step"] = step;
    }
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &filters = saved[1], grad_y = grads[0].contiguous();
    const int64_t step = ctx->saved_data["step"].toInt();
    return {Variable(),
            x.scalar_type() == at::kBFloat16 ? filter_gradient<uint16_t>(x, filters, step, grad_y)
                                             : filter_gradient<float>(x, filters, step, grad_y),
            Variable(), Variable()};
  }
};

}  // namespace

at::Tensor frame_product(const at::Tensor& x, const at::Tensor& filters, int64_t n_rows, int64_t step) {
  return at::GradMode::is_enabled() ? FrameProduct::apply(x, filters, n_rows, step)
                                    : FrameProduct::forward(nullptr, x, filters, n_rows, step);
}

}  // namespace gulo
