#include "engine/net/byte_stem_layer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "engine/net/row_tiles.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

ByteStemShape shape_of(const at::Tensor& bytes, const at::Tensor& table) {
  ByteStemShape shape;
  shape.taps = static_cast<int>(table.size(0));
  shape.width = static_cast<int>(table.size(2));
  shape.n_positions = static_cast<size_t>(bytes.size(0) / shape.taps);
  return shape;
}

template <class T>
void stem_forward(const ByteStemShape& shape, const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias,
                  const at::Tensor& keep, T* out) {
  const uint8_t* kept = read<uint8_t>(keep);
  for_each_part(static_cast<int64_t>(shape.n_positions), [&](int64_t, int64_t begin, int64_t end) {
    byte_stem_forward_range(shape, read<uint16_t>(bytes), read<float>(table), read<float>(bias), out, begin, end);
    for (int64_t r = begin; r < end; ++r)
      if (!kept[r]) std::memset(out + r * shape.width, 0, shape.width * sizeof(T));
  });
}

template <class T>
variable_list stem_backward(const variable_list& saved, const Variable& grad_out) {
  const Variable &bytes = saved[0], &table = saved[1];
  const at::Tensor grad_table = at::empty_like(table), grad_bias = at::empty({table.size(2)}, table.options());
  const int64_t n = n_parts();  // another thread may be told another number
  for_each_part(n, [&](int64_t part, int64_t, int64_t) {
    byte_stem_backward_range(shape_of(bytes, table), read<uint16_t>(bytes), read<T>(grad_out), write<float>(grad_table),
                             write<float>(grad_bias), static_cast<int>(part), static_cast<int>(n));
  });
  return {Variable(), grad_table, grad_bias, Variable(), Variable()};
}

struct ByteStem : torch::autograd::Function<ByteStem> {
  static Variable forward(AutogradContext* ctx, const Variable& bytes, const Variable& table, const Variable& bias,
                          const at::Tensor& keep, at::ScalarType dtype) {
    const ByteStemShape shape = shape_of(bytes, table);
    const at::Tensor out = at::empty({keep.size(0), table.size(2)}, table.options().dtype(dtype).requires_grad(false));
    if (dtype == at::kBFloat16)
      stem_forward(shape, bytes, table, bias, keep, write<uint16_t>(out));
    else
      stem_forward(shape, bytes, table, bias, keep, write<float>(out));
    if (ctx) ctx->save_for_backward({bytes, table});
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const Variable grad_out = grads[0].contiguous();
    return grad_out.scalar_type() == at::kBFloat16 ? stem_backward<uint16_t>(ctx->get_saved_variables(), grad_out)
                                                   : stem_backward<float>(ctx->get_saved_variables(), grad_out);
  }
};

}  // namespace

at::Tensor byte_stem(const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias, const at::Tensor& keep,
                     at::ScalarType dtype) {
  return at::GradMode::is_enabled() ? ByteStem::apply(bytes, table, bias, keep, dtype)
                                    : ByteStem::forward(nullptr, bytes, table, bias, keep, dtype);
}

}  // namespace gulo
