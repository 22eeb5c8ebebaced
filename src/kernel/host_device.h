// What lets one source serve a CUDA kernel and its test on the host: an inner function is compiled by nvcc for both
// sides and by g++ for the host, so that what a device will run is tested where there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#ifdef __CUDACC__
#define GULO_HOST_DEVICE __host__ __device__
#else
#define GULO_HOST_DEVICE
#endif

namespace gulo {

// The threads of one block, phase by phase: on a device each thread does its own part and waits for the others, on the
// host one does all parts. What a phase leaves to the next lies in `shared`.
struct Block {
  uint32_t index = 0, n_threads = 1;
  float* shared = nullptr;

  template <class Phase>
  GULO_HOST_DEVICE void each_thread(const Phase& phase) const {
#ifdef __CUDA_ARCH__
    phase(static_cast<uint32_t>(threadIdx.x));
    __syncthreads();
#else
    for (uint32_t thread = 0; thread < n_threads; ++thread) phase(thread);
#endif
  }
};

// How a kernel is started; a kernel's page has a function that gives it.
struct Grid {
  uint32_t n_blocks = 0, n_threads = 1;
  size_t shared_floats = 0;
};

// All blocks of a kernel, one after the other, on the host. Shared memory starts as NaN: what a phase reads before it
// was written shows.
template <class Body>
void run_on_host(const Body& body) {
  const Grid grid = body.grid();
  for (uint32_t index = 0; index < grid.n_blocks; ++index) {
    std::vector<float> shared(grid.shared_floats, std::numeric_limits<float>::quiet_NaN());
    body(Block{index, grid.n_threads, shared.data()});
  }
}

GULO_HOST_DEVICE inline void atomic_or(uint64_t* word, uint64_t bits) {
#ifdef __CUDA_ARCH__
  atomicOr(reinterpret_cast<unsigned long long*>(word), static_cast<unsigned long long>(bits));
#else
  *word |= bits;
#endif
}

GULO_HOST_DEVICE inline void atomic_add(float* sum, float value) {
#ifdef __CUDA_ARCH__
  atomicAdd(sum, value);
#else
  *sum += value;
#endif
}

GULO_HOST_DEVICE inline uint32_t count_bits(uint64_t word) {
#ifdef __CUDA_ARCH__
  return static_cast<uint32_t>(__popcll(static_cast<unsigned long long>(word)));
#else
  return static_cast<uint32_t>(__builtin_popcountll(word));
#endif
}

GULO_HOST_DEVICE inline float as_float(float value) { return value; }
GULO_HOST_DEVICE inline float as_float(uint16_t bf16) {
  const uint32_t bits = static_cast<uint32_t>(bf16) << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

GULO_HOST_DEVICE inline void put(float value, float* to) { *to = value; }
// To the nearest bf16, ties to even; a NaN stays one.
GULO_HOST_DEVICE inline void put(float value, uint16_t* to_bf16) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  *to_bf16 = static_cast<uint16_t>(is_nan ? bits >> 16 | 0x40u : (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace gulo
