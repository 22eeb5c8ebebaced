// The optimiser of optimiser.h where nothing may pass through the host: learning rates and state are tensors on the
// parameters' device, changed in place, so that a CUDA graph can hold a step.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/train/optimiser.h"

namespace gulo {

class DeviceOptimiser {
 public:
  // `parameters` must outlive the optimiser, on their device by now.
  DeviceOptimiser(const std::vector<Parameter>& parameters, at::ScalarType dtype, const OptimiserOptions& options);
  // One step with both learning rates times `scale`, float [], and the gradients cleared. Every trained parameter must
  // have a gradient.
  void step(const at::Tensor& scale);
  // What step() changes beside the parameters.
  std::vector<at::Tensor> state() const;

 private:
  // Matrices of one shape and rate, whose products are done together.
  struct MuonGroup {
    double rate_scale = 1;
    std::vector<at::Tensor> values;
    at::Tensor momentum;  // [n_values, rows, columns]
  };
  struct AdamGroup {
    double rate_scale = 1;
    std::vector<at::Tensor> values, averages, square_averages, counts;
  };

  void step_muon(MuonGroup& group, const at::Tensor& scale);
  void step_adam(AdamGroup& group, const at::Tensor& scale);

  OptimiserOptions options_;
  at::ScalarType dtype_;
  std::vector<MuonGroup> matrices_;
  std::vector<AdamGroup> others_;
};

}  // namespace gulo
