// What every .cu file starts its kernels with.
#pragma once

#include <cuda_runtime.h>

#include "kernel/host_device.h"

namespace gulo {

// Throws Error (kDevice) that names `what`.
void check_cuda(cudaError_t status, const char* what);
// Of the current device.
size_t most_shared_floats();
uint32_t n_multiprocessors();

template <class Body>
__global__ void run_block(Body body) {
  extern __shared__ float shared[];
  body(Block{blockIdx.x, blockDim.x, shared});
}

// Body: struct with void operator()(const Block&) const for host and device, copied to the device as it is.
template <class Body>
void launch(const char* what, const Grid& grid, const Body& body, void* stream) {
  if (grid.n_blocks == 0) return;
  const size_t shared_bytes = grid.shared_floats * sizeof(float);
  if (shared_bytes > (size_t{48} << 10))
    check_cuda(cudaFuncSetAttribute(run_block<Body>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(shared_bytes)),
               what);
  run_block<<<grid.n_blocks, grid.n_threads, shared_bytes, static_cast<cudaStream_t>(stream)>>>(body);
  check_cuda(cudaGetLastError(), what);
}

}  // namespace gulo
