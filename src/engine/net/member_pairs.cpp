#include "engine/net/member_pairs.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "engine/net/tile_product.h"

namespace gulo {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

using PairLoss = std::function<at::Tensor(const variable_list& pair, int64_t p)>;

at::Tensor first_of_pair(const at::Tensor& members, int64_t p) { return members[p]; }
at::Tensor second_of_pair(const at::Tensor& members, int64_t p) { return members[members.size(0) / 2 + p]; }

// Its gradients become the pair's part of `gradients`; without these, none are calculated.
double loss_of_pair(const variable_list& tensors, const PairLoss& loss, int64_t p, const variable_list& gradients) {
  const bool learns = !gradients.empty();
  const at::AutoGradMode mode(learns);
  variable_list pair;
  for (const at::Tensor& tensor : tensors)
    pair.push_back(at::stack({first_of_pair(tensor, p), second_of_pair(tensor, p)}).detach().set_requires_grad(learns));
  const at::Tensor value = loss(pair, p);
  if (learns) {
    const variable_list of_pair = torch::autograd::grad({value}, pair, {}, {}, false, /*allow_unused=*/true);
    for (size_t i = 0; i < of_pair.size(); ++i) {
      if (!of_pair[i].defined()) continue;
      first_of_pair(gradients[i], p).copy_(of_pair[i][0]);
      second_of_pair(gradients[i], p).copy_(of_pair[i][1]);
    }
  }
  return value.item<double>();
}

double mean_loss_of_pairs(const variable_list& tensors, const PairLoss& loss, const variable_list& gradients) {
  const int64_t n_pairs = tensors.front().size(0) / 2;
  std::vector<double> losses(static_cast<size_t>(n_pairs));
  for_each_part(n_pairs, [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) losses[static_cast<size_t>(p)] = loss_of_pair(tensors, loss, p, gradients);
  });
  double sum = 0;
  for (const double value : losses) sum += value;
  return sum / static_cast<double>(n_pairs);
}

struct MeanOverPairs : torch::autograd::Function<MeanOverPairs> {
  static Variable forward(AutogradContext* ctx, at::TensorList tensors, const PairLoss* loss) {
    variable_list all, gradients;
    for (const at::Tensor& tensor : tensors) {
      all.push_back(tensor.detach());
      gradients.push_back(at::zeros_like(tensor, at::MemoryFormat::Contiguous));
    }
    const double mean = mean_loss_of_pairs(all, *loss, gradients);
    ctx->save_for_backward(gradients);
    return at::full({}, mean);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    variable_list gradients = ctx->get_saved_variables();
    for (at::Tensor& gradient : gradients) gradient.mul_(grads[0] / static_cast<double>(gradient.size(0) / 2));
    gradients.emplace_back();
    return gradients;
  }
};

}  // namespace

at::Tensor mean_over_pairs(const std::vector<at::Tensor>& tensors, const PairLoss& loss) {
  if (at::GradMode::is_enabled()) return MeanOverPairs::apply(at::TensorList(tensors), &loss);
  return at::full({}, mean_loss_of_pairs(tensors, loss, {}));
}

}  // namespace gulo
