// The deep part's optimiser: Muon for hidden matrices, fused AdamW for everything else.
//
// Muon (Jordan et al. 2024, github.com/KellerJordan/Muon): the step is the momentum's nearest orthogonal matrix, found
// by five Newton-Schulz iterations. Weights and moments are float; the iterations run in `dtype`. Deterministic: the
// same gradients give the same bits.
//
// Processes that train together have the same gradients and moments. The iterations, which cost most, are shared out
// among them, matrix by matrix, and the directions found are exchanged in `dtype`.
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
  // `parameters` must outlive the optimiser and have gradients when step() is called. cluster: of processes that have
  // the same parameters and gradients; null where there is one process.
  Optimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options,
            Cluster* cluster = nullptr);
  // Changes the parameters by one step with both learning rates times `scale`, and clears their gradients.
  void step(double scale);
  // What the next step depends on beside the parameters and their gradients; to be written to in order to restore it.
  std::vector<at::Tensor> state() const;

 private:
  // A hidden matrix. direction: of the step, in a part of directions_.
  struct Matrix {
    at::Tensor value, momentum, direction;
    double rate_scale = 1;
  };

  void share_matrices();
  void step_muon(double scale);
  void find_direction(Matrix& matrix);
  void follow_direction(Matrix& matrix, double scale);
  void step_adam(double scale);

  OptimiserOptions options_;
  at::ScalarType dtype_;
  Cluster* cluster_;
  std::vector<Matrix> matrices_;
  std::vector<std::vector<size_t>> owned_;  // by each process
  std::vector<at::Tensor> directions_;      // of each process' matrices, one behind the other
  // Those of one rate scale are updated together.
  struct AdamGroup {
    double scale = 1;
    std::vector<at::Tensor> values, averages, square_averages, counts;
  };
  AdamGroup& adam_group(double scale);
  std::vector<AdamGroup> others_;
};

}  // namespace gulo
