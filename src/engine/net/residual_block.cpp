#include "engine/net/residual_block.h"

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
class BlockKernel {
 public:
  BlockKernel(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& w2, const at::Tensor& keep)
      : n_rows_(x.size(0)),
        width_(x.size(1)),
        hidden_(w2.size(0)),
        x_(read<T>(x)),
        keep_(read<uint8_t>(keep)),
        w1_(read<float>(w1)),
        w2_(read<float>(w2)) {}

  // hidden: [n_rows, hidden], or null where no backward pass follows.
  void forward(const float* b1, const float* b2, T* hidden, T* y) const {
    TileMatrix<T> w1(3 * width_, hidden_), w2(hidden_, width_);
    w1.set_weight(w1_);
    w2.set_weight(w2_);
    for_each_part(n_tiles(n_rows_), [&](int64_t, int64_t begin, int64_t end) {
      Scratch<T> normal((kTileRows + kHaloRows) * width_), hidden_tile(kTileRows * hidden_);
      Scratch<float> inverse_rms(kTileRows + kHaloRows), product(kTileRows * std::max(width_, hidden_));
      for (int64_t t = begin; t < end; ++t) {
        const Tile tile = tile_at(t, n_rows_);
        normalise_with_neighbours(tile, normal, inverse_rms);
        w1.multiply(tile.n_rows, normal, width_, product);
        T* h = hidden ? hidden + tile.begin * hidden_ : static_cast<T*>(hidden_tile);
        add_bias_relu(product, b1, tile.n_rows, hidden_, h);
        w2.multiply(tile.n_rows, h, hidden_, product);
        const int64_t at = tile.begin * width_;
        add_bias_skip(product, b2, x_ + at, keep_ + tile.begin, tile.n_rows, width_, y + at);
      }
    });
  }

  // sums: gradients of w1, b1, w2, b2. The hidden gradient of a tile's two neighbours is computed again rather than
  // kept.
  void backward(const T* hidden, const T* grad_y, T* grad_x, const GradientSums& sums) const {
    // Row j's hidden unit saw row i as its tap i - j + 1: the gradient of n(x)_i comes from the rows i - 1, i, i + 1
    // through the taps in reverse.
    TileMatrix<T> w1_back(3 * hidden_, width_), w2_back(width_, hidden_);
    for (int64_t tap = 0; tap < 3; ++tap)
      w1_back.set_transposed_weight(w1_ + (2 - tap) * width_ * hidden_, tap * hidden_, hidden_);
    w2_back.set_transposed_weight(w2_);
    for_each_part(n_tiles(n_rows_), [&](int64_t part, int64_t begin, int64_t end) {
      Scratch<T> normal((kTileRows + kHaloRows) * width_), grad_hidden((kTileRows + kHaloRows) * hidden_);
      Scratch<T> left(std::max(width_, hidden_) * (kTileRows + kHaloRows));
      Scratch<float> inverse_rms(kTileRows + kHaloRows);
      Scratch<float> product((kTileRows + kHaloRows) * std::max(width_, hidden_));
      for (int64_t t = begin; t < end; ++t) {
        const Tile tile = tile_at(t, n_rows_);
        const T* grad_tile = grad_y + tile.begin * width_;
        with_neighbours(tile, n_rows_, hidden_, static_cast<T*>(grad_hidden), [&](int64_t from, int64_t to, int64_t n) {
          w2_back.multiply(n, grad_y + from * width_, width_, product);
          relu_backward(product, hidden + from * hidden_, n, hidden_, grad_hidden + to * hidden_);
        });
        normalise_with_neighbours(tile, normal, inverse_rms);
        w1_back.multiply(tile.n_rows, grad_hidden, hidden_, product);
        normalise_rows_backward(product, normal + width_, inverse_rms + 1, grad_tile, keep_ + tile.begin, tile.n_rows,
                                width_, grad_x + tile.begin * width_);
        add_weight_gradients(tile, normal, grad_hidden, hidden + tile.begin * hidden_, grad_tile, left, part, sums);
      }
    });
  }

 private:
  void normalise_with_neighbours(const Tile& tile, T* normal, float* inverse_rms) const {
    with_neighbours(tile, n_rows_, width_, normal, [&](int64_t from, int64_t to, int64_t n) {
      normalise_rows(x_ + from * width_, n, width_, normal + to * width_, inverse_rms + to);
    });
  }

  // A tile of fewer rows than eight's multiple, the last one, is multiplied with zero rows behind it.
  void add_weight_gradients(const Tile& tile, const T* normal, const T* grad_hidden, const T* hidden, const T* grad_y,
                            T* left, int64_t part, const GradientSums& sums) const {
    const int64_t rows = tile.n_rows, left_stride = rows + kHaloRows;
    TileMatrix<T> right_hidden(rows, hidden_), right_y(rows, width_);
    right_hidden.set_rows(grad_hidden + hidden_, hidden_);
    transpose(normal, width_, left_stride, width_, left, left_stride);
    for (int64_t tap = 0; tap < 3; ++tap)
      right_hidden.multiply(width_, left + tap, left_stride, sums.part(part, 0) + tap * width_ * hidden_, true);
    add_column_sums(grad_hidden + hidden_, rows, hidden_, sums.part(part, 1));
    right_y.set_rows(grad_y, width_);
    transpose(hidden, hidden_, rows, hidden_, left, rows);
    right_y.multiply(hidden_, left, rows, sums.part(part, 2), true);
    add_column_sums(grad_y, rows, width_, sums.part(part, 3));
  }

  int64_t n_rows_, width_, hidden_;
  const T* x_;
  const uint8_t* keep_;
  const float *w1_, *w2_;
};

struct ResidualBlock : torch::autograd::Function<ResidualBlock> {
  template <class T>
  static Variable run(AutogradContext* ctx, const Variable& x, const Variable& w1, const Variable& b1,
                      const Variable& w2, const Variable& b2, const at::Tensor& keep) {
    const at::Tensor y = at::empty_like(x);
    at::Tensor hidden;
    if (ctx) hidden = at::empty({x.size(0), w2.size(0)}, x.options());
    BlockKernel<T>(x, w1, w2, keep)
        .forward(read<float>(b1), read<float>(b2), hidden.defined() ? write<T>(hidden) : nullptr, write<T>(y));
    if (ctx) ctx->save_for_backward({x, w1, w2, keep, hidden});
    return y;
  }

  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& w1, const Variable& b1,
                          const Variable& w2, const Variable& b2, const at::Tensor& keep) {
    return x.scalar_type() == at::kBFloat16 ? run<uint16_t>(ctx, x, w1, b1, w2, b2, keep)
                                            : run<float>(ctx, x, w1, b1, w2, b2, keep);
  }

  template <class T>
  static variable_list run_backward(const variable_list& saved, const Variable& grad_y) {
    const Variable &x = saved[0], &w1 = saved[1], &w2 = saved[2], &keep = saved[3], &hidden = saved[4];
    const int64_t width = x.size(1), n_hidden = w2.size(0);
    GradientSums sums({w1.numel(), n_hidden, w2.numel(), width});
    const at::Tensor grad_x = at::empty_like(x);
    BlockKernel<T>(x, w1, w2, keep).backward(read<T>(hidden), read<T>(grad_y), write<T>(grad_x), sums);
    return {grad_x,
            sums.total(0, w1.sizes()),
            sums.total(1, {n_hidden}),
            sums.total(2, w2.sizes()),
            sums.total(3, {width}),
            Variable()};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Variable grad_y = grads[0].contiguous();
    return grad_y.scalar_type() == at::kBFloat16 ? run_backward<uint16_t>(saved, grad_y)
                                                 : run_backward<float>(saved, grad_y);
  }
};

}  // namespace

at::Tensor residual_block(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                          const at::Tensor& b2, const at::Tensor& keep) {
  return at::GradMode::is_enabled() ? ResidualBlock::apply(x, w1, b1, w2, b2, keep)
                                    : ResidualBlock::forward(nullptr, x, w1, b1, w2, b2, keep);
}

}  // namespace gulo
