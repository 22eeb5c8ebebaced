// Stands in for cuda/device_graph.cpp where the build has no CUDA.
#include "engine/device/device_graph.h"

#include "base/error.h"

namespace gulo {

namespace {
[[noreturn]] void no_cuda() {
  throw Error(ErrorKind::kDevice, "this build has no CUDA", "use --device cpu, or leave --device out");
}
}  // namespace

struct DeviceGraph::State {};

void* current_cuda_stream() { no_cuda(); }
DeviceGraph::DeviceGraph() { no_cuda(); }
DeviceGraph::~DeviceGraph() = default;
void DeviceGraph::run(const std::function<void()>&) { no_cuda(); }
void DeviceGraph::capture(const std::function<void()>&, int) { no_cuda(); }
void DeviceGraph::replay() { no_cuda(); }

}  // namespace gulo
