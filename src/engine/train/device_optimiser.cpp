#include "engine/train/device_optimiser.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gulo {
namespace {

// orthogonalise() of many: [n, rows, columns].
at::Tensor orthogonalise_all(const at::Tensor& matrices, at::ScalarType dtype) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  at::Tensor x = (matrices / (matrices.norm(2, {1, 2}, true) + 1e-7)).to(dtype);
  const bool tall = x.size(1) > x.size(2);
  if (tall) x = x.transpose(1, 2).contiguous();
  for (int i = 0; i < 5; ++i) {
    const at::Tensor gram = at::bmm(x, x.transpose(1, 2));
    x = at::baddbmm(x, at::baddbmm(gram, gram, gram, b, c), x, a, 1);
  }
  return (tall ? x.transpose(1, 2) : x).to(at::kFloat);
}

// Gradients go, so that the next backward pass writes where this one did.
std::vector<at::Tensor> take_gradients(std::vector<at::Tensor>& values) {
  std::vector<at::Tensor> gradients;
  for (at::Tensor& value : values) gradients.push_back(std::exchange(value.mutable_grad(), at::Tensor()));
  return gradients;
}

std::vector<at::Tensor> detached(const std::vector<at::Tensor>& values) {
  std::vector<at::Tensor> result;
  for (const at::Tensor& value : values) result.push_back(value.detach());
  return result;
}

template <class Groups, class Belongs>
auto& group_of(Groups& groups, const Belongs& belongs) {
  const auto found = std::find_if(groups.begin(), groups.end(), belongs);
  return found != groups.end() ? *found : groups.emplace_back();
}

}  // namespace

DeviceOptimiser::DeviceOptimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype,
                                 const OptimiserOptions& options)
    : options_(options), dtype_(dtype) {
  for (const Parameter& parameter : parameters) {
    if (!parameter.trained) continue;
    if (parameter.hidden_matrix) {
      MuonGroup& group = group_of(matrices_, [&](const MuonGroup& other) {
        return other.rate_scale == parameter.rate_scale && other.values[0].sizes() == parameter.value.sizes();
      });
      group.rate_scale = parameter.rate_scale;
      group.values.push_back(parameter.value);
    } else {
      AdamGroup& group =
          group_of(others_, [&](const AdamGroup& other) { return other.rate_scale == parameter.rate_scale; });
      const auto options_of_state = parameter.value.options().requires_grad(false);
      group.rate_scale = parameter.rate_scale;
      group.values.push_back(parameter.value);
      group.averages.push_back(at::zeros_like(parameter.value, options_of_state));
      group.square_averages.push_back(at::zeros_like(parameter.value, options_of_state));
      group.counts.push_back(at::zeros({}, options_of_state));
    }
  }
  for (MuonGroup& group : matrices_) group.momentum = at::zeros_like(at::stack(detached(group.values)));
}

void DeviceOptimiser::step(const at::Tensor& scale) {
  const at::NoGradGuard no_grad;
  for (MuonGroup& group : matrices_) step_muon(group, scale);
  for (AdamGroup& group : others_) step_adam(group, scale);
}

std::vector<at::Tensor> DeviceOptimiser::state() const {
  std::vector<at::Tensor> tensors;
  for (const MuonGroup& group : matrices_) tensors.push_back(group.momentum);
  for (const AdamGroup& group : others_)
    for (const auto* some : {&group.averages, &group.square_averages, &group.counts})
      tensors.insert(tensors.end(), some->begin(), some->end());
  return tensors;
}

void DeviceOptimiser::step_muon(MuonGroup& group, const at::Tensor& scale) {
  const double momentum = options_.muon_momentum;
  const at::Tensor gradient = at::stack(take_gradients(group.values));
  group.momentum.mul_(momentum).add_(gradient, 1 - momentum);
  at::Tensor direction = gradient * (1 - momentum) + group.momentum * momentum;
  direction = orthogonalise_all(direction, dtype_);
  const double rows = static_cast<double>(direction.size(1)), columns = static_cast<double>(direction.size(2));
  const at::Tensor rate = scale * (options_.muon_rate * group.rate_scale);
  const at::Tensor change = direction * (rate * std::sqrt(std::max(1., columns / rows)));
  const at::Tensor kept = 1 - rate * options_.muon_weight_decay;
  for (size_t i = 0; i < group.values.size(); ++i)
    group.values[i].detach().mul_(kept).sub_(change[static_cast<int64_t>(i)]);
}

void DeviceOptimiser::step_adam(AdamGroup& group, const at::Tensor& scale) {
  for (at::Tensor& count : group.counts) count.add_(1);
  at::_fused_adamw_(detached(group.values), take_gradients(group.values), group.averages, group.square_averages, {},
                    group.counts, scale * (options_.adam_rate * group.rate_scale), options_.adam_beta1,
                    options_.adam_beta2, options_.adam_weight_decay, 1e-8, false, false);
}

}  // namespace gulo
