// Sums of tensors that lie on the processes' CUDA devices, over c10d's NCCL backend: one device a process.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>

namespace gulo {

// Every process makes its own, and its first sum joins those of the others. A sum is put on LibTorch's current stream;
// an error of another process is seen by whoever waits for it, after `timeout` at the latest. In a build without CUDA
// it throws Error (kDevice).
c10::intrusive_ptr<c10d::Backend> make_device_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int n_ranks,
                                                    std::chrono::milliseconds timeout);

}  // namespace gulo
