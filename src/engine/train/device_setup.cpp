#include "engine/train/device_setup.h"

#include <algorithm>

#include "engine/net/byte_network.h"

namespace gulo {
namespace {

// Of a batch, padding included.
constexpr int64_t kStepBytes = 1 << 20;

}  // namespace

bool trains_on_device(const Corpus& corpus, std::string* why) {
  if (corpus.kind == Kind::kBytes && corpus.task == Task::kLabel && !corpus.arena.in_file()) return true;
  *why = corpus.kind != Kind::kBytes   ? "items of this kind"
         : corpus.task != Task::kLabel ? "several labels an item or a number"
                                       : "items that are streamed from a file";
  return false;
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                            const at::Device& device) {
  DeepPlan plan = plan_deep(corpus, train, options.seconds, options.flops_per_s, kDeviceWidths);
  plan.step_bytes = kStepBytes;
  plan.feed.augment = options.augment;
  if (!options.augment) plan.feed.crop_fraction = 1;
  return setup_on_device(corpus, train, plan, options.seed, options.dtype, device);
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const DeepPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const at::Device& device) {
  const auto network = std::make_shared<ByteNetwork>(plan.spec, seed, dtype);
  const int row_bytes = network->coarse_row_bytes();
  SlotBytesShape shape;
  shape.slot_rows = static_cast<uint32_t>(rows_for_window(plan.spec.window_bytes, row_bytes));
  shape.row_bytes = static_cast<uint32_t>(row_bytes);
  shape.n_slots =
      static_cast<uint32_t>(std::clamp<int64_t>(plan.step_bytes / static_cast<int64_t>(shape.slot_bytes()), 8, 2048));
  shape.window_bytes = static_cast<uint32_t>(plan.spec.window_bytes);
  shape.crop_fraction = static_cast<float>(plan.feed.crop_fraction);
  shape.random_lead = plan.feed.augment;
  shape.seed = seed;
  DeviceSetup setup;
  setup.network = network;
  setup.feed = std::make_unique<SlotFeed>(corpus, train, shape, device);
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  setup.forward_flops =
      network->forward_flops(static_cast<int64_t>(setup.feed->mean_rows() * shape.n_slots), int64_t{shape.n_slots});
  setup.augmentation = augmentation_of(plan.feed);
  return setup;
}

}  // namespace gulo
