// Stands in for cuda_device.cu where the build has no CUDA.
#include "base/error.h"
#include "kernel/cuda_device.h"

namespace gulo {

namespace {
constexpr const char* kNoCuda = "this build has no CUDA";
[[noreturn]] void no_cuda() { throw Error(ErrorKind::kDevice, kNoCuda, "use --device cpu, or leave --device out"); }
}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why) {
  if (why) *why = kNoCuda;
  return {};
}

double probe_upload_bytes_per_s(int) { no_cuda(); }
double probe_peer_bytes_per_s(int, int) { no_cuda(); }
void CudaDeleter::operator()(void*) const {}
CudaMemory allocate_cuda(size_t) { no_cuda(); }
void copy_to_cuda(void*, const void*, size_t) { no_cuda(); }
void copy_from_cuda(void*, const void*, size_t) { no_cuda(); }

}  // namespace gulo
