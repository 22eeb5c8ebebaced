// A training step as one CUDA graph, and all else that needs LibTorch's CUDA headers. In a build without CUDA the
// functions throw Error (kDevice).
#pragma once

#include <functional>
#include <memory>

namespace gulo {

// LibTorch's current stream, a cudaStream_t, for kernels of one's own.
void* current_cuda_stream();

class DeviceGraph {
 public:
  DeviceGraph();
  ~DeviceGraph();
  DeviceGraph(const DeviceGraph&) = delete;
  DeviceGraph& operator=(const DeviceGraph&) = delete;

  // Does the work on the graph's own stream, and returns when the device has done it.
  void run(const std::function<void()>& work);
  // Holds n_steps times what `step` puts on the device, without doing any of it. run(step) must have been called some
  // times before: libraries set themselves up on their first use. Tensors that a step makes lie at the same addresses
  // in every replay; those that it changes in place are what steps tell each other. What was held before is let go.
  void capture(const std::function<void()>& step, int n_steps);
  // Returns when the device has done all the steps.
  void replay();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gulo
