#include "engine/train/device_choice.h"

#include <fmt/core.h>

#include <set>

#include "base/error.h"

namespace gulo {
namespace {

// A device that a process sees alone is the one that its launcher gave it, whatever its rank is.
size_t index_of_own(const std::vector<CudaDevice>& devices, int local_rank) {
  return devices.size() == 1 ? 0 : static_cast<size_t>(local_rank);
}

std::string why_unfit(const std::vector<CudaDevice>& devices, size_t own) {
  if (own >= devices.size())
    return fmt::format("process {} of this machine has none of its own, there are {}", own, devices.size());
  if (devices[own].major < 8)
    return fmt::format("{} has compute capability {}.{}, 8.0 is the least", devices[own].name, devices[own].major,
                       devices[own].minor);
  return "";
}

// 0 is none.
size_t n_different(const std::vector<int64_t>& ids) {
  std::set<int64_t> different(ids.begin(), ids.end());
  different.erase(0);
  return different.size();
}

}  // namespace

DeviceChoice choose_device(const DeviceWish& wish, const std::vector<CudaDevice>& devices, std::string none_because,
                           Cluster* cluster) {
  if (wish.device == "cpu") return {};
  const bool asked = wish.device == "cuda";
  const size_t own = index_of_own(devices, wish.local_rank);
  if (!devices.empty()) none_because = why_unfit(devices, own);
  bool can = !devices.empty() && none_because.empty() && wish.cannot_train.empty();
  if (cluster) {
    const size_t n = n_different(cluster->gather(can ? static_cast<int64_t>(devices[own].id) : 0));
    can = n == static_cast<size_t>(cluster->size());
    if (none_because.empty() && !can)
      none_because = fmt::format("{} processes have {} between them", cluster->size(), n);
  }
  require(!asked || wish.cannot_train.empty(), ErrorKind::kDevice,
          "there is no training on a CUDA device yet for " + wish.cannot_train,
          "use --device cpu, or leave --device out");
  require(!asked || can, ErrorKind::kDevice, "no CUDA device: " + none_because,
          cluster ? "start as many processes on each machine as it has devices, or use --device cpu"
                  : "use --device cpu, or leave --device out");
  if (!can) return {};
  return {at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(own)), devices[own].name};
}

}  // namespace gulo
