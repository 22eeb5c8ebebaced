#include "engine/train/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

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
  return x;
}

std::vector<std::vector<size_t>> balanced_shares(const std::vector<double>& costs, size_t n_shares) {
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater(), [&](size_t i) { return costs[i]; });
  std::vector<std::vector<size_t>> shares(n_shares);
  std::vector<double> sums(n_shares, 0.);
  for (const size_t i : order) {
    const auto least = static_cast<size_t>(std::ranges::min_element(sums) - sums.begin());
    shares[least].push_back(i);
    sums[least] += costs[i];
  }
  return shares;
}

namespace {

double direction_cost(const at::Tensor& matrix) {
  const auto rows = static_cast<double>(matrix.size(0)), columns = static_cast<double>(matrix.size(1));
  return rows * columns * std::min(rows, columns);
}

}  // namespace

Optimiser::Optimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options,
                     Cluster* cluster)
    : options_(options), dtype_(dtype), cluster_(cluster) {
  for (const Parameter& parameter : parameters) {
    if (!parameter.trained) continue;
    if (parameter.hidden_matrix) {
      matrices_.push_back({.value = parameter.value,
                           .momentum = at::zeros_like(parameter.value, at::TensorOptions().requires_grad(false)),
                           .direction = {},
                           .rate_scale = parameter.rate_scale});
    } else {
      AdamGroup& group = adam_group(parameter.rate_scale);
      group.values.push_back(parameter.value);
      group.averages.push_back(at::zeros_like(parameter.value, parameter.value.options().requires_grad(false)));
      group.square_averages.push_back(group.averages.back().clone());
      group.counts.push_back(at::zeros({}, at::kFloat));
    }
  }
  share_matrices();
}

void Optimiser::share_matrices() {
  std::vector<double> costs;
  for (const Matrix& matrix : matrices_) costs.push_back(direction_cost(matrix.value));
  owned_ = balanced_shares(costs, cluster_ ? static_cast<size_t>(cluster_->size()) : 1);
  for (const std::vector<size_t>& share : owned_) {
    int64_t n_values = 0, at = 0;
    for (const size_t i : share) n_values += matrices_[i].value.numel();
    const at::Tensor& all = directions_.emplace_back(at::zeros({n_values}, dtype_));
    for (const size_t i : share) {
      const at::Tensor& value = matrices_[i].value;
      matrices_[i].direction = all.narrow(0, at, value.numel()).view(value.sizes());
      at += value.numel();
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
  std::vector<at::Tensor> state;
  for (const Matrix& matrix : matrices_) state.push_back(matrix.momentum);
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
  const std::vector<size_t>& mine = owned_[cluster_ ? static_cast<size_t>(cluster_->rank()) : 0];
  std::vector<double> costs;
  for (const size_t i : mine) costs.push_back(direction_cost(matrices_[i].value));
  const auto shares = balanced_shares(costs, static_cast<size_t>(at::get_num_threads()));
  at::parallel_for(0, std::ssize(shares), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad_in_this_thread;
    for (int64_t share = begin; share < end; ++share)
      for (const size_t i : shares[static_cast<size_t>(share)]) find_direction(matrices_[mine[i]]);
  });
  if (cluster_) cluster_->share(directions_);
  at::parallel_for(0, std::ssize(matrices_), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad_in_this_thread;
    for (int64_t i = begin; i < end; ++i) follow_direction(matrices_[static_cast<size_t>(i)], scale);
  });
}

void Optimiser::find_direction(Matrix& matrix) {
  const at::Tensor& gradient = matrix.value.grad();
  if (!gradient.defined()) return;
  const double momentum = options_.muon_momentum;
  const at::Tensor nesterov = at::lerp(matrix.momentum, gradient, 1 - momentum).lerp_(gradient, 1 - momentum);
  matrix.direction.copy_(orthogonalise(nesterov, dtype_));
}

void Optimiser::follow_direction(Matrix& matrix, double scale) {
  at::Tensor value = matrix.value.detach(), &gradient = matrix.value.mutable_grad();
  if (!gradient.defined()) return;
  matrix.momentum.lerp_(gradient, 1 - options_.muon_momentum);
  gradient.reset();
  const double rate = options_.muon_rate * scale * matrix.rate_scale;
  // A wide matrix (more outputs than inputs) takes a larger step for the same change of its outputs.
  const double shape_factor =
      std::sqrt(std::max(1., static_cast<double>(value.size(1)) / static_cast<double>(value.size(0))));
  value.mul_(1 - rate * options_.muon_weight_decay).add_(matrix.direction, -rate * shape_factor);
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
