// Which device the deep part trains on.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "engine/cluster/cluster.h"
#include "kernel/cuda_device.h"

namespace gulo {

struct DeviceChoice {
  at::Device device = at::kCPU;
  std::string name;  // of a CUDA device
};

struct DeviceWish {
  std::string device = "auto";  // auto | cpu | cuda; cuda is an error where it cannot be, auto takes the CPU then
  std::string cannot_train{};   // why this training cannot be on a CUDA device; empty: it can
  int local_rank = 0;           // of this process on its machine
};

// Of several processes each has a device of its own, or all train on the CPU. `devices` are those that this process
// sees, none_because says why there are none. Throws Error (kDevice) where cuda was asked for, in all processes.
DeviceChoice choose_device(const DeviceWish& wish, const std::vector<CudaDevice>& devices, std::string none_because,
                           Cluster* cluster);

}  // namespace gulo
