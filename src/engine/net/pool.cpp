#include "engine/net/pool.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "engine/net/pool_kernels.h"
#include "engine/net/row_kernels.h"
#include "engine/net/row_tiles.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// What the backward pass needs of an item's forward pass. `attention` is [n_heads, rows] of item after item.
struct PoolState {
  at::Tensor attention, max_rows;
};

struct PoolItems {
  const at::Tensor &x, &queries;
  const std::vector<int32_t>&begins, &ends;

  int64_t n_items() const { return static_cast<int64_t>(begins.size()); }
  int64_t width() const { return x.size(1); }
  int64_t n_heads() const { return queries.size(0); }
  PoolShape shape(int64_t item) const {
    return {static_cast<size_t>(ends[item] - begins[item]), static_cast<size_t>(width()),
            static_cast<size_t>(n_heads())};
  }
  size_t longest() const {
    int32_t rows = 0;
    for (size_t i = 0; i < begins.size(); ++i) rows = std::max(rows, ends[i] - begins[i]);
    return static_cast<size_t>(rows);
  }
};

template <class T>
at::Tensor pool_forward(const PoolItems& items, PoolState& state) {
  const int64_t width = items.width(), out_width = (2 + items.n_heads()) * width;
  const at::Tensor out = at::empty({items.n_items(), out_width}, at::kFloat);
  state.attention = at::empty({items.x.size(0) * items.n_heads()}, at::kFloat);
  state.max_rows = at::empty({items.n_items(), width}, at::kInt);
  for_each_part(items.n_items(), [&](int64_t, int64_t begin, int64_t end) {
    Scratch<T> normal(items.longest() * width);
    Scratch<float> inverse_rms(items.longest());
    for (int64_t i = begin; i < end; ++i) {
      const PoolShape shape = items.shape(i);
      normalise_rows(read<T>(items.x) + items.begins[i] * width, shape.n_rows, width, normal, inverse_rms);
      pool_rows(shape, normal, read<float>(items.queries), write<float>(out) + i * out_width,
                write<float>(state.attention) + items.begins[i] * items.n_heads(),
                reinterpret_cast<uint32_t*>(write<int32_t>(state.max_rows)) + i * width);
    }
  });
  return out;
}

template <class T>
variable_list pool_backward(const PoolItems& items, const PoolState& state, const at::Tensor& grad_out) {
  const int64_t width = items.width(), out_width = (2 + items.n_heads()) * width;
  const at::Tensor grad_x = at::zeros_like(items.x);
  GradientSums sums({items.queries.numel()});
  const std::vector<uint8_t> keep(items.longest(), 1);
  for_each_part(items.n_items(), [&](int64_t part, int64_t begin, int64_t end) {
    Scratch<T> normal(items.longest() * width);
    Scratch<float> inverse_rms(items.longest()), grad_normal(items.longest() * width);
    for (int64_t i = begin; i < end; ++i) {
      const PoolShape shape = items.shape(i);
      const int64_t at = items.begins[i] * width;
      normalise_rows(read<T>(items.x) + at, shape.n_rows, width, normal, inverse_rms);
      pool_rows_backward(shape, normal, read<float>(items.queries),
                         read<float>(state.attention) + items.begins[i] * items.n_heads(),
                         reinterpret_cast<const uint32_t*>(read<int32_t>(state.max_rows)) + i * width,
                         read<float>(grad_out) + i * out_width, grad_normal, sums.part(part, 0));
      normalise_rows_backward(grad_normal, normal, inverse_rms, static_cast<const T*>(nullptr), keep.data(),
                              shape.n_rows, width, write<T>(grad_x) + at);
    }
  });
  return {grad_x, sums.total(0, items.queries.sizes()), Variable(), Variable()};
}

struct Pool : torch::autograd::Function<Pool> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& queries,
                          const std::vector<int32_t>& begins, const std::vector<int32_t>& ends) {
    const PoolItems items{x, queries, begins, ends};
    PoolState state;
    const at::Tensor out =
        x.scalar_type() == at::kBFloat16 ? pool_forward<uint16_t>(items, state) : pool_forward<float>(items, state);
    if (ctx) {
      ctx->save_for_backward({x, queries, state.attention, state.max_rows});
      ctx->saved_data["begins"] = at::tensor(begins, at::kInt);
      ctx->saved_data["ends"] = at::tensor(ends, at::kInt);
    }
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto numbers = [&](const char* name) {
      const at::Tensor saved = ctx->saved_data[name].toTensor();
      return std::vector<int32_t>(read<int32_t>(saved), read<int32_t>(saved) + saved.numel());
    };
    const variable_list saved = ctx->get_saved_variables();
    const std::vector<int32_t> begins = numbers("begins"), ends = numbers("ends");
    const PoolItems items{saved[0], saved[1], begins, ends};
    const PoolState state{saved[2], saved[3]};
    const Variable grad_out = grads[0].contiguous();
    return saved[0].scalar_type() == at::kBFloat16 ? pool_backward<uint16_t>(items, state, grad_out)
                                                   : pool_backward<float>(items, state, grad_out);
  }
};

}  // namespace

at::Tensor pool_items(const at::Tensor& x, const at::Tensor& queries, const std::vector<int32_t>& begins,
                      const std::vector<int32_t>& ends) {
  if (at::GradMode::is_enabled()) return Pool::apply(x, queries, begins, ends);
  return Pool::forward(nullptr, x, queries, begins, ends);
}

}  // namespace gulo
