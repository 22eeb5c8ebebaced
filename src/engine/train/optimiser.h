// The deep part's optimiser: Muon for hidden matrices, fused AdamW for everything else.
//
// Muon (Jordan et al. 2024, github.com/KellerJordan/Muon): the step is the momentum's nearest orthogonal matrix, found
// by five Newton-Schulz iterations. Weights and moments are float; the iterations run in `dtype`. Deterministic: the
// same gradients give the same bits.
//
// Of processes that train together each owns some of the parameters, about as costly as any other's, has their
// gradients and moments, and takes their steps (GradientShares).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/cluster/cluster.h"
#include "engine/net/deep_network.h"

namespace gulo {

struct OptimiserOptions {
  double muon_rate = 0.02;      // learning rates at scale 1
  double muon_momentum = 0.95;  // Nesterov
  double muon_weight_decay = 0.05;
  double adam_rate = 2e-3;
  double adam_beta1 = 0.9, adam_beta2 = 0.98;
  double adam_weight_decay = 0.05;
};

// The nearest orthogonal matrix, but for singular values within about 0.7 to 1.2, of type `dtype`.
at::Tensor orthogonalise(const at::Tensor& matrix, at::ScalarType dtype);

// Work of these costs in n_shares shares of about the same cost: the indices of each, the dearest first.
std::vector<std::vector<size_t>> balanced_shares(const std::vector<double>& costs, size_t n_shares);

class Optimiser {
 public:
  // `parameters` must outlive the optimiser; those that are owned have gradients when step() is called. cluster: of
  // processes that have the same parameters; null where there is one process, which owns all.
  Optimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options,
            Cluster* cluster = nullptr);
  // Changes the parameters that are owned by one step with both learning rates times `scale`, and clears gradients.
  void step(double scale);
  // The rank that owns each of the parameters that are trained, in their order.
  const std::vector<int>& owners() const { return owners_; }
  // What the next step depends on beside the parameters and their gradients; to be written to in order to restore it.
  // Of several processes it is whole after collect_state(), which all call.
  std::vector<at::Tensor> state() const;
  void collect_state();

 private:
  // A hidden matrix.
  struct Matrix {
    at::Tensor value, momentum;
    double rate_scale = 1;
    int owner = 0;
  };
  // Those of one rate scale are updated together.
  struct AdamGroup {
    double scale = 1;
    std::vector<at::Tensor> values, averages, square_averages, counts;
    std::vector<int> owners;
  };

  bool owns(int owner) const { return !cluster_ || owner == cluster_->rank(); }
  AdamGroup& adam_group(double scale);
  void add(const Parameter& parameter, int owner);
  void step_muon(double scale);
  void step_matrix(Matrix& matrix, double scale) const;
  void step_adam(AdamGroup& group, double scale) const;

  OptimiserOptions options_;
  at::ScalarType dtype_;
  Cluster* cluster_;
  std::vector<int> owners_;
  std::vector<Matrix> matrices_;
  std::vector<AdamGroup> others_;
};

}  // namespace gulo
