#include "engine/device/upload.h"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <fmt/core.h>

#include <array>

#include "base/error.h"
#include "base/units.h"

namespace gulo {
namespace {

// Another thread may be capturing a graph: of what this one does none belongs to it.
class BesideCaptures {
 public:
  BesideCaptures() { C10_CUDA_CHECK(cudaThreadExchangeStreamCaptureMode(&mode_)); }
  ~BesideCaptures() { C10_CUDA_CHECK_WARN(cudaThreadExchangeStreamCaptureMode(&mode_)); }
  BesideCaptures(const BesideCaptures&) = delete;
  BesideCaptures& operator=(const BesideCaptures&) = delete;

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

class CopiesToCuda : public ChunkCopies {
 public:
  explicit CopiesToCuda(size_t chunk_bytes) : stream_(c10::cuda::getStreamFromPool()) {
    for (Chunk& chunk : chunks_) {
      const cudaError_t problem = cudaHostAlloc(&chunk.bytes, chunk_bytes, cudaHostAllocDefault);
      require(problem == cudaSuccess, ErrorKind::kDevice,
              fmt::format("no {} of pinned memory: {}", format_bytes(static_cast<double>(chunk_bytes)),
                          cudaGetErrorString(problem)),
              "free some memory, raise the limit of locked memory, or use --device cpu");
      C10_CUDA_CHECK(cudaEventCreateWithFlags(&chunk.done, cudaEventDisableTiming | cudaEventBlockingSync));
    }
  }

  uint8_t* chunk(int which) override { return static_cast<uint8_t*>(at(which).bytes); }

  void copy(int which, void* to, size_t n_bytes) override {
    const BesideCaptures guard;
    const c10::cuda::CUDAGuard on_device(stream_.device_index());
    C10_CUDA_CHECK(cudaMemcpyAsync(to, at(which).bytes, n_bytes, cudaMemcpyHostToDevice, stream_.stream()));
    C10_CUDA_CHECK(cudaEventRecord(at(which).done, stream_.stream()));
  }

  // An event that was never recorded is done.
  void wait(int which) override {
    const BesideCaptures guard;
    const c10::cuda::CUDAGuard on_device(stream_.device_index());
    C10_CUDA_CHECK(cudaEventSynchronize(at(which).done));
  }

 private:
  struct Chunk {
    void* bytes = nullptr;
    cudaEvent_t done = nullptr;

    Chunk() = default;
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;
    ~Chunk() {
      if (done) C10_CUDA_CHECK_WARN(cudaEventSynchronize(done));
      if (done) C10_CUDA_CHECK_WARN(cudaEventDestroy(done));
      if (bytes) C10_CUDA_CHECK_WARN(cudaFreeHost(bytes));
    }
  };
  Chunk& at(int which) { return chunks_[static_cast<size_t>(which)]; }

  c10::cuda::CUDAStream stream_;
  std::array<Chunk, 2> chunks_;
};

}  // namespace

std::unique_ptr<ChunkCopies> copies_to_cuda(size_t chunk_bytes) { return std::make_unique<CopiesToCuda>(chunk_bytes); }

}  // namespace gulo
