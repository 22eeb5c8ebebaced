#include "kernel/cuda_device.h"

#include <algorithm>
#include <cstring>

#include "kernel/cuda_error.h"
#include "kernel/cuda_launch.cuh"

namespace gulo {

void check_cuda(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw_cuda_error(what, cudaGetErrorString(status));
}

namespace {

int attribute(cudaDeviceAttr name) {
  int device = 0, value = 0;
  check_cuda(cudaGetDevice(&device), "the current device");
  check_cuda(cudaDeviceGetAttribute(&value, name, device), "a device's attribute");
  return value;
}

// The best of a few copies of 64 MiB.
template <class Copy>
double copied_bytes_per_s(size_t n_bytes, const Copy& copy) {
  cudaEvent_t begin, end;
  check_cuda(cudaEventCreate(&begin), "a clock on the device");
  check_cuda(cudaEventCreate(&end), "a clock on the device");
  float best_ms = 1e9f;
  for (int i = 0; i < 4; ++i) {
    float ms = 0;
    check_cuda(cudaEventRecord(begin), "a clock on the device");
    check_cuda(copy(), "a copy");
    check_cuda(cudaEventRecord(end), "a clock on the device");
    check_cuda(cudaEventSynchronize(end), "a copy");
    check_cuda(cudaEventElapsedTime(&ms, begin, end), "a clock on the device");
    best_ms = std::min(best_ms, ms);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return static_cast<double>(n_bytes) / (1e-3 * static_cast<double>(best_ms));
}

// The lower half of a random number of 128 bits.
uint64_t id_of(const cudaUUID_t& uuid) {
  uint64_t id = 0;
  std::memcpy(&id, uuid.bytes + sizeof(uuid.bytes) - sizeof(id), sizeof(id));
  return std::max<uint64_t>(1, id);
}

constexpr size_t kProbeBytes = size_t{64} << 20;

}  // namespace

size_t most_shared_floats() {
  return static_cast<size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin)) / sizeof(float);
}

uint32_t n_multiprocessors() { return static_cast<uint32_t>(attribute(cudaDevAttrMultiProcessorCount)); }

std::vector<CudaDevice> cuda_devices(std::string* why) {
  int n = 0;
  const cudaError_t status = cudaGetDeviceCount(&n);
  if (status != cudaSuccess) n = 0;
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  if (why && n == 0)
    *why = driver == 0             ? "there is no NVIDIA driver"
           : status == cudaSuccess ? "the driver lists none"
                                   : cudaGetErrorString(status);
  (void)cudaGetLastError();  // a machine without a device is no error that a later call should report
  std::vector<CudaDevice> devices;
  for (int i = 0; i < n; ++i) {
    cudaDeviceProp properties{};
    check_cuda(cudaGetDeviceProperties(&properties, i), "a device's properties");
    devices.push_back({properties.name, properties.totalGlobalMem, properties.major, properties.minor,
                       properties.multiProcessorCount, id_of(properties.uuid)});
  }
  return devices;
}

double probe_upload_bytes_per_s(int device) {
  check_cuda(cudaSetDevice(device), "the device");
  const CudaMemory to = allocate_cuda(kProbeBytes);
  void* from = nullptr;
  check_cuda(cudaMallocHost(&from, kProbeBytes), "pinned memory");
  const double rate = copied_bytes_per_s(
      kProbeBytes, [&] { return cudaMemcpyAsync(to.get(), from, kProbeBytes, cudaMemcpyHostToDevice); });
  cudaFreeHost(from);
  return rate;
}

double probe_peer_bytes_per_s(int from, int to) {
  check_cuda(cudaSetDevice(to), "the device");
  const CudaMemory target = allocate_cuda(kProbeBytes);
  check_cuda(cudaSetDevice(from), "the device");
  const CudaMemory source = allocate_cuda(kProbeBytes);
  int reaches = 0;
  check_cuda(cudaDeviceCanAccessPeer(&reaches, from, to), "peer access");
  if (reaches && cudaDeviceEnablePeerAccess(to, 0) == cudaErrorPeerAccessAlreadyEnabled) (void)cudaGetLastError();
  return copied_bytes_per_s(kProbeBytes,
                            [&] { return cudaMemcpyPeerAsync(target.get(), to, source.get(), from, kProbeBytes); });
}

void CudaDeleter::operator()(void* pointer) const { cudaFree(pointer); }

CudaMemory allocate_cuda(size_t n_bytes) {
  void* pointer = nullptr;
  check_cuda(cudaMalloc(&pointer, n_bytes), "memory on the device");
  return CudaMemory(pointer);
}

void copy_to_cuda(void* to, const void* from, size_t n_bytes) {
  check_cuda(cudaMemcpy(to, from, n_bytes, cudaMemcpyHostToDevice), "a copy to the device");
}

void copy_from_cuda(void* to, const void* from, size_t n_bytes) {
  check_cuda(cudaMemcpy(to, from, n_bytes, cudaMemcpyDeviceToHost), "a copy from the device");
}

}  // namespace gulo
