#include "engine/net/join_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "engine/net/row_kernels.h"
#include "engine/net/row_tiles.h"
#include "engine/net/tile_product.h"
#include "engine/net/transpose.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

template <class T>
class JoinKernel {
 public:
  JoinKernel(const at::Tensor& x, const at::Tensor& w, const at::Tensor& keep)
      : n_rows_(keep.size(0)),
        width_(x.size(1)),
        joined_(w.size(0) / x.size(1)),
        width_out_(w.size(1)),
        x_(read<T>(x)),
        keep_(read<uint8_t>(keep)),
        w_(read<float>(w)) {}

  void forward(const float* b, T* y) const {
    const int64_t k = joined_ * width_;
    TileMatrix<T> w(k, width_out_);
    w.set_weight(w_);
    for_each_part(n_tiles(n_rows_), [&](int64_t, int64_t begin, int64_t end) {
      Scratch<T> normal(kTileRows * k);
      Scratch<float> inverse_rms(kTileRows * joined_), product(kTileRows * width_out_);
      for (int64_t t = begin; t < end; ++t) {
        const Tile tile = tile_at(t, n_rows_);
        normalise_rows(x_ + tile.begin * k, tile.n_rows * joined_, width_, normal, inverse_rms);
        w.multiply(tile.n_rows, normal, k, product);
        add_bias_skip(product, b, static_cast<const T*>(nullptr), keep_ + tile.begin, tile.n_rows, width_out_,
                      y + tile.begin * width_out_);
      }
    });
  }

  void backward(const T* grad_y, T* grad_x, const GradientSums& sums) const {
    const int64_t k = joined_ * width_;
    TileMatrix<T> w_back(width_out_, k);
    w_back.set_transposed_weight(w_);
    for_each_part(n_tiles(n_rows_), [&](int64_t part, int64_t begin, int64_t end) {
      Scratch<T> normal(kTileRows * k), left(kTileRows * k);
      Scratch<float> inverse_rms(kTileRows * joined_), product(kTileRows * k);
      std::vector<uint8_t> keep(kTileRows * joined_);
      for (int64_t t = begin; t < end; ++t) {
        const Tile tile = tile_at(t, n_rows_);
        const T* grad_tile = grad_y + tile.begin * width_out_;
        for (int64_t r = 0; r < tile.n_rows * joined_; ++r) keep[r] = keep_[tile.begin + r / joined_];
        normalise_rows(x_ + tile.begin * k, tile.n_rows * joined_, width_, normal, inverse_rms);
        w_back.multiply(tile.n_rows, grad_tile, width_out_, product);
        normalise_rows_backward(product, normal, inverse_rms, static_cast<const T*>(nullptr), keep.data(),
                                tile.n_rows * joined_, width_, grad_x + tile.begin * k);
        TileMatrix<T> right(tile.n_rows, width_out_);
        right.set_rows(grad_tile, width_out_);
        transpose(normal, k, tile.n_rows, k, left, tile.n_rows);
        right.multiply(k, left, tile.n_rows, sums.part(part, 0), true);
        add_column_sums(grad_tile, tile.n_rows, width_out_, sums.part(part, 1));
      }
    });
  }

 private:
  int64_t n_rows_, width_, joined_, width_out_;
  const T* x_;
  const uint8_t* keep_;
  const float* w_;
};

struct JoinRows : torch::autograd::Function<JoinRows> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& w, const Variable& b,
                          const at::Tensor& keep) {
    const at::Tensor y = at::empty({keep.size(0), w.size(1)}, x.options());
    if (x.scalar_type() == at::kBFloat16)
      JoinKernel<uint16_t>(x, w, keep).forward(read<float>(b), write<uint16_t>(y));
    else
      JoinKernel<float>(x, w, keep).forward(read<float>(b), write<float>(y));
    if (ctx) ctx->save_for_backward({x, w, keep});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Variable &x = saved[0], &w = saved[1], &keep = saved[2], grad_y = grads[0].contiguous();
    GradientSums sums({w.numel(), w.size(1)});
    const at::Tensor grad_x = at::empty_like(x);
    if (x.scalar_type() == at::kBFloat16)
      JoinKernel<uint16_t>(x, w, keep).backward(read<uint16_t>(grad_y), write<uint16_t>(grad_x), sums);
    else
      JoinKernel<float>(x, w, keep).backward(read<float>(grad_y), write<float>(grad_x), sums);
    return {grad_x, sums.total(0, w.sizes()), sums.total(1, {w.size(1)}), Variable()};
  }
};

}  // namespace

at::Tensor join_rows(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const at::Tensor& keep) {
  return at::GradMode::is_enabled() ? JoinRows::apply(x, w, b, keep) : JoinRows::forward(nullptr, x, w, b, keep);
}

}  // namespace gulo
