#include "engine/train/optimiser.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

namespace gulo {

namespace {

constexpr int kMuonIterations = 5;
// Of x -> a x + b x x' x + c x x' x x' x (Jordan 2024).
constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
// The longer side of a matrix as a multiple of the shorter one, from which on iterating on the square matrix x' x takes
// less than half the time, and so is worth losing some bits of the smallest singular values.
constexpr int64_t kLongMatrix = 4;

bool is_long(int64_t rows, int64_t columns) { return std::max(rows, columns) >= kLongMatrix * std::min(rows, columns); }

// All iterates of x are x times polynomials of x' x, which commute.
at::Tensor iterate_on_gram(at::Tensor gram) {
  at::Tensor product;
  for (int i = 0; i < kMuonIterations; ++i) {
    const at::Tensor polynomial = at::addmm(gram, gram, gram, kB, kC);
    polynomial.diagonal().add_(kA);
    product = i == 0 ? polynomial : at::mm(product, polynomial);
    if (i + 1 < kMuonIterations) gram = at::mm(at::mm(gram, polynomial), polynomial);
  }
  return product;
}

}  // namespace

at::Tensor orthogonalise(const at::Tensor& matrix, at::ScalarType dtype) {
  at::Tensor x = (matrix / (matrix.norm() + 1e-7)).to(dtype);
  const bool tall = x.size(0) > x.size(1);
  const auto gram = [&] { return tall ? at::mm(x.t(), x) : at::mm(x, x.t()); };
  if (dtype == at::kFloat && is_long(x.size(0), x.size(1))) {
    const at::Tensor product = iterate_on_gram(gram());
    return tall ? at::mm(x, product) : at::mm(product, x);
  }
  for (int i = 0; i < kMuonIterations; ++i) {
    const at::Tensor square = gram(), polynomial = at::addmm(square, square, square, kB, kC);
    x = tall ? at::addmm(x, x, polynomial, kA, 1) : at::addmm(x, polynomial, x, kA, 1);
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

// Of elementwise work, as long as so many operations of a matrix product a value.
constexpr double kElementwiseCost = 150;

// In operations.
double step_cost(const at::Tensor& value, bool hidden_matrix) {
  const double elementwise = kElementwiseCost * static_cast<double>(value.numel());
  if (!hidden_matrix) return elementwise;
  const auto rows = static_cast<double>(value.size(0)), columns = static_cast<double>(value.size(1));
  const double m = std::min(rows, columns), n = std::max(rows, columns);
  if (is_long(value.size(0), value.size(1))) return m * m * (4 * n + 34 * m) + elementwise;
  return 10 * m * m * (2 * n + m) + elementwise;
}

std::vector<int> owners_of(const std::vector<Parameter>& trained, int n_ranks) {
  std::vector<double> costs;
  for (const Parameter& parameter : trained) costs.push_back(step_cost(parameter.value, parameter.hidden_matrix));
  const auto shares = balanced_shares(costs, static_cast<size_t>(n_ranks));
  std::vector<int> owners(trained.size());
  for (size_t rank = 0; rank < shares.size(); ++rank)
    for (const size_t i : shares[rank]) owners[i] = static_cast<int>(rank);
  return owners;
}

}  // namespace

Optimiser::Optimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options,
                     Cluster* cluster)
    : options_(options), dtype_(dtype), cluster_(cluster) {
  std::vector<Parameter> trained;
  std::ranges::copy_if(parameters, std::back_inserter(trained), &Parameter::trained);
  owners_ = owners_of(trained, cluster ? cluster->size() : 1);
  for (size_t i = 0; i < trained.size(); ++i) add(trained[i], owners_[i]);
}

void Optimiser::add(const Parameter& parameter, int owner) {
  const at::Tensor& value = parameter.value;
  const at::Tensor zeros = at::zeros_like(value, at::TensorOptions().requires_grad(false));
  if (parameter.hidden_matrix) {
    matrices_.push_back({.value = value, .momentum = zeros, .rate_scale = parameter.rate_scale, .owner = owner});
    return;
  }
  AdamGroup& group = adam_group(parameter.rate_scale);
  group.values.push_back(value);
  group.averages.push_back(zeros);
  group.square_averages.push_back(zeros.clone());
  group.counts.push_back(at::zeros({}, at::kFloat));
  group.owners.push_back(owner);
}

Optimiser::AdamGroup& Optimiser::adam_group(double scale) {
  const auto found = std::ranges::find(others_, scale, &AdamGroup::scale);
  if (found != others_.end()) return *found;
  others_.push_back({.scale = scale, .values = {}, .averages = {}, .square_averages = {}, .counts = {}, .owners = {}});
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

void Optimiser::collect_state() {
  if (!cluster_) return;
  for (const Matrix& matrix : matrices_) cluster_->broadcast(matrix.momentum, matrix.owner);
  for (const AdamGroup& group : others_)
    for (const auto* tensors : {&group.averages, &group.square_averages, &group.counts})
      for (size_t i = 0; i < tensors->size(); ++i) cluster_->broadcast((*tensors)[i], group.owners[i]);
}

void Optimiser::step(double scale) {
  const at::NoGradGuard no_grad;
  step_muon(scale);
  for (AdamGroup& group : others_) step_adam(group, scale);
}

// One matrix a thread: small products run faster whole in one thread than cut over all of them.
void Optimiser::step_muon(double scale) {
  std::vector<Matrix*> mine;
  std::vector<double> costs;
  for (Matrix& matrix : matrices_) {
    if (!owns(matrix.owner)) continue;
    mine.push_back(&matrix);
    costs.push_back(step_cost(matrix.value, true));
  }
  const auto shares = balanced_shares(costs, static_cast<size_t>(at::get_num_threads()));
  at::parallel_for(0, std::ssize(shares), 1, [&](int64_t begin, int64_t end) {
    const at::NoGradGuard no_grad_in_this_thread;
    for (int64_t share = begin; share < end; ++share)
      for (const size_t i : shares[static_cast<size_t>(share)]) step_matrix(*mine[i], scale);
  });
}

void Optimiser::step_matrix(Matrix& matrix, double scale) const {
  const at::Tensor value = matrix.value.detach(), gradient = std::exchange(matrix.value.mutable_grad(), at::Tensor());
  if (!gradient.defined()) return;
  const double momentum = options_.muon_momentum;
  matrix.momentum.lerp_(gradient, 1 - momentum);
  const at::Tensor direction = orthogonalise(at::lerp(matrix.momentum, gradient, 1 - momentum), dtype_);
  const double rate = options_.muon_rate * scale * matrix.rate_scale;
  // A wide matrix (more outputs than inputs) takes a larger step for the same change of its outputs.
  const double shape_factor =
      std::sqrt(std::max(1., static_cast<double>(value.size(1)) / static_cast<double>(value.size(0))));
  value.mul_(1 - rate * options_.muon_weight_decay).add_(direction, -rate * shape_factor);
}

void Optimiser::step_adam(AdamGroup& group, double scale) const {
  std::vector<at::Tensor> values, gradients, averages, square_averages, counts;
  for (size_t i = 0; i < group.values.size(); ++i) {
    if (!owns(group.owners[i])) continue;
    values.push_back(group.values[i].detach());
    // Undefined where the batch did not ask for the parameter.
    const at::Tensor gradient = std::exchange(group.values[i].mutable_grad(), at::Tensor());
    gradients.push_back(gradient.defined() ? gradient : at::zeros_like(values.back()));
    averages.push_back(group.averages[i]);
    square_averages.push_back(group.square_averages[i]);
    counts.push_back(group.counts[i].add_(1));
  }
  if (values.empty()) return;
  at::_fused_adamw_(values, gradients, averages, square_averages, {}, counts, options_.adam_rate * scale * group.scale,
                    options_.adam_beta1, options_.adam_beta2, options_.adam_weight_decay, 1e-8, false, false);
}

}  // namespace gulo
