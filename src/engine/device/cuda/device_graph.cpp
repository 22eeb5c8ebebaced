#include "engine/device/device_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace gulo {

void* current_cuda_stream() { return c10::cuda::getCurrentCUDAStream().stream(); }

struct DeviceGraph::State {
  c10::cuda::CUDAStream stream = c10::cuda::getStreamFromPool();
  std::unique_ptr<at::cuda::CUDAGraph> graph;
};

DeviceGraph::DeviceGraph() : state_(std::make_unique<State>()) {}
DeviceGraph::~DeviceGraph() = default;

void DeviceGraph::run(const std::function<void()>& work) {
  c10::cuda::getCurrentCUDAStream().synchronize();  // what the caller has made may be used
  const c10::cuda::CUDAStreamGuard on_own_stream(state_->stream);
  work();
  state_->stream.synchronize();
}

void DeviceGraph::capture(const std::function<void()>& step, int n_steps) {
  const c10::cuda::CUDAStreamGuard on_own_stream(state_->stream);
  c10::cuda::device_synchronize();
  state_->graph = std::make_unique<at::cuda::CUDAGraph>();
  state_->graph->capture_begin();
  for (int i = 0; i < n_steps; ++i) step();
  state_->graph->capture_end();
}

// Copies that are on their way on other streams are not waited for.
void DeviceGraph::replay() {
  c10::cuda::getCurrentCUDAStream().synchronize();
  const c10::cuda::CUDAStreamGuard on_own_stream(state_->stream);
  state_->graph->replay();
  state_->stream.synchronize();
}

}  // namespace gulo
