#include "engine/train/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>

namespace gulo {

at::Tensor orthogonalise(const at::Tensor& matrix, at::ScalarType dtype) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  at::Tensor x = (matrix / (matrix.norm() + 1e-7)).to(dtype);
  const bool tall = x.size(0) > x.size(1);
  for (int i = 0; i < 5; ++i) {
    const at::Tensor gram = tall ? at::mm(x.t(), x) : at::mm(x, x.t());
    const at::Tensor polynomial = at::addmm(gram, gram, gram, b, c);
    x = tall ? at::addmm(x, x, polynomial, a, 1) : at::addmm(x, polynomial, x, a, 1);
  }
  return x.to(at::kFloat);
}

Optimiser::Optimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options)
    : options_(options), dtype_(dtype) {
  for (const Parameter& parameter : parameters) {
    if (!parameter.trained) continue;
    if (parameter.hidden_matrix) {
      matrices_.push_back(parameter.value);
      matrix_scales_.push_back(parameter.rate_scale);
      momenta_.push_back(at::zeros_like(parameter.value, parameter.value.options().requires_grad(false)));
    } else {
      AdamGroup& group = adam_group(parameter.rate_scale);
      group.values.push_back(parameter.value);
      group.averages.push_back(at::zeros_like(parameter.value, parameter.value.options().requires_grad(false)));
      group.square_averages.push_back(group.averages.back().clone());
      group.counts.push_back(at::zeros({}, at::kFloat));
    }
  }
}

Optimiser::AdamGroup& Optimiser::adam_group(double scale) {
  const auto found = std::ranges::find(others_, scale, &AdamGroup::scale);
  if (found != others_.end()) return *found;
  others_.push_back({.scale = scale, .values = {}, .averages = {}, .square_averages = {}, .counts = {}});
  return others_.back();
}

std::vector<at::Tensor> Optimiser::state() const {
  std::vector<at::Tensor> state = momenta_;
  for (const AdamGroup& group : others_)
    for (const auto* tensors : {&group.averages, &group.square_averages, &group.counts})
      state.insert(state.end(), tensors->begin(), tensors->end());
  return state;
}

void Optimiser::step(double scale) {
  const at::NoGradGuard no_grad;
  step_muon(scale);
  step_adam(scale);
}

// One matrix a thread: small products run faster whole in one thread than cut over all of them.
void Optimiser::step_muon(double scale) {
  const double momentum = options_.muon_momentum;
  at::parallel_for(0, static_cast<int64_t>(matrices_.size()), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad_in_this_thread;
    for (int64_t i = begin; i < end; ++i) {
      const double rate = options_.muon_rate * scale * matrix_scales_[i];
      at::Tensor value = matrices_[i].detach(), &gradient = matrices_[i].mutable_grad();
      if (!gradient.defined()) continue;
      momenta_[i].mul_(momentum).add_(gradient, 1 - momentum);
      const at::Tensor direction = orthogonalise(gradient.mul_(1 - momentum).add_(momenta_[i], momentum), dtype_);
      // A wide matrix (more outputs than inputs) takes a larger step for the same change of its outputs.
      const double shape_factor =
          std::sqrt(std::max(1., static_cast<double>(value.size(1)) / static_cast<double>(value.size(0))));
      value.mul_(1 - rate * options_.muon_weight_decay).add_(direction, -rate * shape_factor);
      gradient.reset();
    }
  });
}

void Optimiser::step_adam(double scale) {
  for (AdamGroup& group : others_) {
    std::vector<at::Tensor> values, gradients;
    for (size_t i = 0; i < group.values.size(); ++i) {
      values.push_back(group.values[i].detach());
      const at::Tensor& gradient = group.values[i].grad();  // undefined where the batch did not ask for the parameter
      gradients.push_back(gradient.defined() ? gradient : at::zeros_like(values.back()));
      group.counts[i].add_(1);
    }
    at::_fused_adamw_(values, gradients, group.averages, group.square_averages, {}, group.counts,
                      options_.adam_rate * scale * group.scale, options_.adam_beta1, options_.adam_beta2,
                      options_.adam_weight_decay, 1e-8, false, false);
    for (at::Tensor& value : group.values) value.mutable_grad().reset();
  }
}

}  // namespace gulo
