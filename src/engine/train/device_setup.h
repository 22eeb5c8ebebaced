// What a kind gives to the trainer on a device: a network of a size that device and time allow, and its feed.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/slot_feed.h"
#include "engine/net/deep_network.h"
#include "engine/train/cell_plan.h"
#include "engine/train/deep_plan.h"
#include "engine/train/optimiser.h"
#include "engine/train/pixel_plan.h"
#include "engine/train/sample_plan.h"

namespace gulo {

struct DeviceSetup {
  std::shared_ptr<DeepNetwork> network;  // with forward_slots(), on the CPU yet
  std::unique_ptr<SlotFeed> feed;        // on the device; its targets are BatchTargets' values
  Task task = Task::kLabel;
  OptimiserOptions optimiser;
  double head_dropout = 0.2;
  double label_smoothing = 0.1;
  double max_epochs = 0;     // more than these learn the items by heart; 0: as many as the time allows
  bool keep_last = false;    // no network from before the end is better than the last
  double forward_flops = 0;  // of a step's matrix products over what is no padding
  std::vector<std::string> augmentation;
};

// Is there a way to train on a CUDA device for data of this kind, task and size? Else `why` says which there is not
// for.
bool trains_on_device(const Corpus& corpus, std::string* why);

// The sizes that a device's time allows: far larger batches and networks than a CPU's. Deterministic. Throws Error
// (kData) for an item that is not of its kind.
DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                            const DeviceRoom& room);
// The plan's network and feed.
DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const DeepPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room);
DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room);
DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SamplePlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room);
// Its products are of floats, whatever the dtype.
DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const CellPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room);

}  // namespace gulo
