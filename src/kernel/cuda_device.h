// The CUDA devices of this machine and their memory, for what has no LibTorch: tests, doctor, the question whether
// there is one. In a build without CUDA there are none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gulo {

struct CudaDevice {
  std::string name;
  uint64_t memory_bytes = 0;
  int major = 0, minor = 0;  // compute capability
  int n_multiprocessors = 0;
  uint64_t id = 0;  // of its UUID: the same in all processes that see it, whichever number it has there; never 0
};

// Empty where there are none; `why` then says why, for people: "this build has no CUDA", "no CUDA-capable device is
// detected".
std::vector<CudaDevice> cuda_devices(std::string* why = nullptr);

// Bytes a second from pinned memory to the device, and from one device's memory to another's (over NVLink where there
// is one). Takes some tens of milliseconds. Throws Error (kDevice).
double probe_upload_bytes_per_s(int device);
double probe_peer_bytes_per_s(int from, int to);

// Memory of the current device. All of these throw Error (kDevice).
struct CudaDeleter {
  void operator()(void* pointer) const;
};
using CudaMemory = std::unique_ptr<void, CudaDeleter>;
CudaMemory allocate_cuda(size_t n_bytes);
void copy_to_cuda(void* to, const void* from, size_t n_bytes);
void copy_from_cuda(void* to, const void* from, size_t n_bytes);

// A vector on the device, for tests.
template <class T>
class CudaVector {
 public:
  explicit CudaVector(const std::vector<T>& values)
      : size_(values.size()), memory_(allocate_cuda((size_ + 1) * sizeof(T))) {
    copy_to_cuda(memory_.get(), values.data(), size_ * sizeof(T));
  }
  T* data() const { return static_cast<T*>(memory_.get()); }
  std::vector<T> read() const {
    std::vector<T> values(size_);
    copy_from_cuda(values.data(), memory_.get(), size_ * sizeof(T));
    return values;
  }

 private:
  size_t size_;
  CudaMemory memory_;
};

}  // namespace gulo
