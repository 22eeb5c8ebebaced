#include "engine/net/slot_rows.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "engine/device/device_graph.h"
#include "engine/net/row_kernels.h"
#include "engine/net/row_tiles.h"
#include "kernel/byte_stem.h"
#include "kernel/neighbour_norm.h"
#include "kernel/softmax_cross_entropy.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

at::Tensor masked(const at::Tensor& x, const at::Tensor& keep) { return x * keep.unsqueeze(1).to(x.scalar_type()); }

at::Tensor rms_norm(const at::Tensor& x) {
  const at::Tensor wide = x.to(at::kFloat);
  return wide * (wide.square().mean(1, true) + kNormEpsilon).rsqrt();
}

NeighbourNormShape shape_of(const at::Tensor& x) {
  return {static_cast<size_t>(x.size(0)), static_cast<size_t>(x.size(1))};
}

// On a CUDA device.
struct NeighbourNorm : torch::autograd::Function<NeighbourNorm> {
  template <class T>
  static void run(const at::Tensor& x, const at::Tensor& out, const at::Tensor& inverse_rms) {
    neighbour_norm_forward_cuda(
        NeighbourNormForward<T>{shape_of(x), read<T>(x), write<T>(out), write<float>(inverse_rms)},
        current_cuda_stream());
  }

  static Variable forward(AutogradContext* ctx, const Variable& x, const at::Tensor& keep) {
    const at::Tensor out = at::empty({x.size(0), 3 * x.size(1)}, x.options().requires_grad(false));
    const at::Tensor inverse_rms = at::empty({x.size(0)}, out.options().dtype(at::kFloat));
    x.scalar_type() == at::kBFloat16 ? run<uint16_t>(x, out, inverse_rms) : run<float>(x, out, inverse_rms);
    if (ctx) ctx->save_for_backward({x, keep, inverse_rms});
    return out;
  }

  template <class T>
  static void run_backward(const variable_list& saved, const at::Tensor& grad_out, const at::Tensor& grad_x) {
    const Variable& x = saved[0];
    neighbour_norm_backward_cuda(
        NeighbourNormBackward<T>{shape_of(x), read<T>(x), read<T>(grad_out), nullptr, read<float>(saved[2]),
                                 read<uint8_t>(saved[1]), write<T>(grad_x)},
        current_cuda_stream());
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Variable grad_out = grads[0].contiguous();
    const at::Tensor grad_x = at::empty_like(saved[0]);
    saved[0].scalar_type() == at::kBFloat16 ? run_backward<uint16_t>(saved, grad_out, grad_x)
                                            : run_backward<float>(saved, grad_out, grad_x);
    return {grad_x, Variable()};
  }
};

at::Tensor neighbour_norm_of(const at::Tensor& x, const at::Tensor& keep) {
  if (x.is_cuda())
    return at::GradMode::is_enabled() ? NeighbourNorm::apply(x, keep) : NeighbourNorm::forward(nullptr, x, keep);
  // Masked for the gradient's sake: blank rows are zero already.
  const at::Tensor normal = masked(rms_norm(x).to(x.scalar_type()), keep),
                   blank = at::zeros({1, x.size(1)}, x.options());
  return at::cat({at::cat({blank, normal.slice(0, 0, -1)}), normal, at::cat({normal.slice(0, 1), blank})}, 1);
}

// On a CUDA device.
struct DeviceByteStem : torch::autograd::Function<DeviceByteStem> {
  static ByteStemShape shape_of(const at::Tensor& bytes, const at::Tensor& table) {
    const int64_t taps = table.size(0);
    return {static_cast<size_t>(bytes.size(0) / taps), static_cast<int>(taps), static_cast<int>(table.size(2))};
  }

  template <class T>
  static void run(const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias, const at::Tensor& keep,
                  const at::Tensor& out) {
    byte_stem_forward_cuda(shape_of(bytes, table), read<uint16_t>(bytes), read<float>(table), read<float>(bias),
                           read<uint8_t>(keep), write<T>(out), current_cuda_stream());
  }

  static Variable forward(AutogradContext* ctx, const Variable& bytes, const Variable& table, const Variable& bias,
                          const at::Tensor& keep, at::ScalarType dtype) {
    const at::Tensor out = at::empty({keep.size(0), table.size(2)}, table.options().dtype(dtype).requires_grad(false));
    dtype == at::kBFloat16 ? run<uint16_t>(bytes, table, bias, keep, out) : run<float>(bytes, table, bias, keep, out);
    if (ctx) ctx->save_for_backward({bytes, table, keep});
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Variable &bytes = saved[0], &table = saved[1];
    const Variable grad_out = masked(grads[0], saved[2]).contiguous();
    const ByteStemShape shape = shape_of(bytes, table);
    const at::Tensor grad_table = at::empty_like(table), grad_bias = at::empty({table.size(2)}, table.options());
    const at::Tensor workspace =
        at::empty({static_cast<int64_t>(byte_stem_backward_workspace(shape))}, grad_table.options());
    const auto run_backward = [&](const auto* grad) {
      byte_stem_backward_cuda(shape, read<uint16_t>(bytes), grad, write<float>(grad_table), write<float>(grad_bias),
                              write<float>(workspace), current_cuda_stream());
    };
    grad_out.scalar_type() == at::kBFloat16 ? run_backward(read<uint16_t>(grad_out))
                                            : run_backward(read<float>(grad_out));
    return {Variable(), grad_table, grad_bias, Variable(), Variable()};
  }
};

// On a CUDA device: the gradient comes with the loss.
struct CrossEntropy : torch::autograd::Function<CrossEntropy> {
  static Variable forward(AutogradContext* ctx, const Variable& logits, const at::Tensor& labels, double smoothing) {
    const at::Tensor rows = logits.contiguous(), grad = at::empty_like(rows);
    const at::Tensor losses = at::empty({rows.size(0)}, grad.options());
    const SoftmaxCrossEntropyShape shape{static_cast<size_t>(rows.size(0)), static_cast<size_t>(rows.size(1)),
                                         static_cast<float>(smoothing), 1.f / static_cast<float>(rows.size(0))};
    softmax_cross_entropy_cuda(
        {shape, read<float>(rows), read<int64_t>(labels), write<float>(losses), write<float>(grad)},
        current_cuda_stream());
    ctx->save_for_backward({grad});
    return losses.mean();
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    return {ctx->get_saved_variables()[0] * grads[0], Variable(), Variable()};
  }
};

// x * w + b in x's type.
at::Tensor linear_rows(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b) {
  return at::addmm(b.to(x.scalar_type()), x, w.to(x.scalar_type()));
}

}  // namespace

at::Tensor slot_byte_stem(const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias,
                          const at::Tensor& keep, at::ScalarType dtype) {
  if (bytes.is_cuda())
    return at::GradMode::is_enabled() ? DeviceByteStem::apply(bytes, table, bias, keep, dtype)
                                      : DeviceByteStem::forward(nullptr, bytes, table, bias, keep, dtype);
  const int64_t taps = table.size(0);
  const at::Tensor first_rows = at::arange(taps, bytes.options().dtype(at::kLong)) * ByteStemShape::kRows;
  const at::Tensor rows = bytes.view({-1, taps}).to(at::kLong) + first_rows;
  return masked((at::embedding(table.flatten(0, 1), rows).sum(1) + bias).to(dtype), keep);
}

at::Tensor slot_residual_block(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                               const at::Tensor& b2, const at::Tensor& keep) {
  const at::Tensor hidden = at::relu(linear_rows(neighbour_norm_of(x, keep), w1, b1));
  return masked(x + linear_rows(hidden, w2, b2), keep);
}

at::Tensor slot_join_rows(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const at::Tensor& keep) {
  return masked(linear_rows(rms_norm(x).to(x.scalar_type()).view({-1, w.size(0)}), w, b), keep);
}

at::Tensor pool_slots(const at::Tensor& x, const at::Tensor& queries, const at::Tensor& keep, int64_t n_slots) {
  const at::Tensor normal = rms_norm(x).view({n_slots, -1, x.size(1)});
  const at::Tensor kept = keep.view({n_slots, -1, 1}), blank = kept.eq(0), weights = kept.to(at::kFloat);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const at::Tensor mean = (normal * weights).sum(1) / weights.sum(1);
  const at::Tensor highest = normal.masked_fill(blank, kNever).amax(1);
  const at::Tensor attention = at::matmul(normal, queries.t()).masked_fill(blank, kNever).softmax(1);
  return at::cat({mean, highest, at::matmul(attention.transpose(1, 2), normal).flatten(1)}, 1);
}

at::Tensor slot_loss(const at::Tensor& logits, const BatchTargets& targets, double label_smoothing) {
  if (logits.is_cuda() && targets.task == Task::kLabel)
    return CrossEntropy::apply(logits, targets.values, label_smoothing);
  return task_loss(logits, targets, label_smoothing);
}

}  // namespace gulo
