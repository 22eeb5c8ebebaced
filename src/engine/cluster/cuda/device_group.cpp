#define USE_C10D_NCCL

#include "engine/cluster/device_group.h"

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>

namespace gulo {

c10::intrusive_ptr<c10d::Backend> make_device_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int n_ranks,
                                                    std::chrono::milliseconds timeout) {
  // Without it a lost process ends the others by a signal, not by an error that says what to do.
  setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, n_ranks, options);
}

}  // namespace gulo
