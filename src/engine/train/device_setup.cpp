#include "engine/train/device_setup.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "engine/feed/byte_slots.h"
#include "engine/feed/cell_slots.h"
#include "engine/feed/pixel_batch.h"
#include "engine/feed/pixel_slots.h"
#include "engine/feed/sample_slots.h"
#include "engine/net/byte_network.h"
#include "engine/net/pixel_network.h"
#include "engine/net/sample_network.h"

namespace gulo {
namespace {

// Of a batch, padding included.
constexpr int64_t kStepBytes = 1 << 20;
// The same: of hashed rows of embeddings, for each of which LibTorch's embedding_bag has 32 threads that it counts in
// an int; and how few rows of cells a batch of long ones may have.
constexpr int64_t kStepIds = 1 << 25, kLeastRows = 64;
// A byte of text names three of them, and every slot has room for the longest row's.
constexpr uint64_t kMostRowBytes = 256 << 10;

bool has_long_rows(const Corpus& corpus) {
  for (size_t i = 0; i < corpus.n_items(); ++i)
    if (corpus.offsets[i + 1] - corpus.offsets[i] > kMostRowBytes) return true;
  return false;
}

DeviceSetup setup_bytes_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                                  const DeviceRoom& room) {
  DeepPlan plan = plan_deep(corpus, train, options.seconds, options.flops_per_s, kDeviceWidths);
  plan.step_bytes = kStepBytes;
  plan.feed.augment = options.augment;
  if (!options.augment) plan.feed.crop_fraction = 1;
  return setup_on_device(corpus, train, plan, options.seed, options.dtype, room);
}

DeviceSetup setup_pixels_on_device(const Corpus& corpus, const std::vector<uint32_t>& train,
                                   const SetupOptions& options, const DeviceRoom& room) {
  for (const uint32_t item : train) check_picture(corpus.view(item));
  PixelPlan plan = plan_pixels(corpus, train, options.seconds, options.flops_per_s, options.dtype, options.augment,
                               true, kDevicePixels);
  return setup_on_device(corpus, train, plan, options.seed, options.dtype, room);
}

DeviceSetup setup_samples_on_device(const Corpus& corpus, const std::vector<uint32_t>& train,
                                    const SetupOptions& options, const DeviceRoom& room) {
  SamplePlan plan = plan_samples(corpus, train, options.seconds, options.flops_per_s, kDeviceSamples);
  if (!options.augment) vary_nothing(plan);
  return setup_on_device(corpus, train, plan, options.seed, options.dtype, room);
}

DeviceSetup setup_cells_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                                  const DeviceRoom& room) {
  const CellPlan plan = plan_cells(corpus, train, options, kDeviceCells);
  return setup_on_device(corpus, train, plan, options.seed, options.dtype, room);
}

// What every kind's plan says alike.
template <class Plan>
DeviceSetup setup_of(const Plan& plan, const Corpus& corpus) {
  DeviceSetup setup;
  setup.task = corpus.task;
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  return setup;
}

// A slot is as large as the largest picture, or a window of a larger one.
SlotPixelsShape slots_for(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan,
                          uint64_t seed) {
  uint32_t side = 1;
  for (const uint32_t item : train)
    side = std::max({side, corpus.shapes[item].extents[0], corpus.shapes[item].extents[1]});
  SlotPixelsShape shape;
  shape.window = static_cast<int32_t>(std::min(side, static_cast<uint32_t>(plan.feed.window)));
  shape.channels = plan.feed.channels;
  shape.shift = plan.feed.shift;
  shape.mirror = plan.feed.mirror;
  shape.seed = seed;
  const int64_t n = plan.feed.batch_pixels / (int64_t{shape.window} * shape.window);
  shape.n_slots =
      static_cast<uint32_t>(std::clamp<int64_t>(n, std::min(8, plan.feed.batch_items), plan.feed.batch_items));
  return shape;
}

// A slot has room for a stretched window, and behind it a blank row.
SlotSamplesShape slots_for(const SamplePlan& plan, int row_samples, uint64_t seed) {
  SlotSamplesShape shape;
  shape.slot_times = static_cast<uint32_t>((longest_window_rows(plan.feed, row_samples) + 1) * row_samples);
  shape.channels = plan.spec.channels;
  shape.window_times = static_cast<uint32_t>(plan.feed.window_samples);
  shape.lead_times = plan.feed.shift ? static_cast<uint32_t>(row_samples) : 1;
  shape.stretch = static_cast<uint64_t>(plan.feed.stretch * 0x1p32);
  shape.seed = seed;
  const int64_t n = plan.batch_values / plan.spec.channels / shape.slot_times;
  shape.n_slots =
      static_cast<uint32_t>(std::clamp<int64_t>(n, std::min(8, plan.items_per_batch), plan.items_per_batch));
  return shape;
}

int64_t slots_for(const CellPlan& plan, const CellRows& rows) {
  const auto n_rows = static_cast<int64_t>(rows.items.offsets.size() - 1);
  const int64_t fitting = std::max(kLeastRows, kStepIds / std::max<int64_t>(1, rows.most_ids));
  return std::min({plan.batch_rows, fitting, std::max<int64_t>(8, n_rows)});
}

double forward_flops_of(const SampleNetwork& network, const SampleSlots& feed) {
  Batch batch;
  batch.owners.resize(feed.examples().size());
  for (const SampleDraw& draw : feed.examples())
    batch.n_item_rows += rows_for_samples(int64_t{draw.lead} + draw.n_times, network.coarse_row_samples());
  return network.forward_flops(batch) * static_cast<double>(feed.n_slots()) / static_cast<double>(batch.owners.size());
}

}  // namespace

bool trains_on_device(const Corpus& corpus, std::string* why) {
  *why = corpus.kind == Kind::kFields                           ? "items of several fields"
         : corpus.kind == Kind::kCells && has_long_rows(corpus) ? "rows of more than 256 KB"
                                                                : "";
  return why->empty();
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options,
                            const DeviceRoom& room) {
  switch (corpus.kind) {
    case Kind::kBytes:
      return setup_bytes_on_device(corpus, train, options, room);
    case Kind::kPixels:
      return setup_pixels_on_device(corpus, train, options, room);
    case Kind::kSamples:
      return setup_samples_on_device(corpus, train, options, room);
    case Kind::kCells:
      return setup_cells_on_device(corpus, train, options, room);
    default:
      throw std::logic_error("no network for this kind on a device");
  }
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const DeepPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room) {
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
  auto feed = std::make_unique<ByteSlots>(corpus, train, batch_targets(corpus, train).values, shape, room);
  DeviceSetup setup = setup_of(plan, corpus);
  setup.forward_flops = network->forward_flops(static_cast<int64_t>(feed->mean_rows() * shape.n_slots), shape.n_slots);
  setup.augmentation = augmentation_of(plan.feed);
  setup.network = network;
  setup.feed = std::move(feed);
  return setup;
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room) {
  const auto network = std::make_shared<PixelNetwork>(plan.spec, seed, dtype);
  network->fit_stem(corpus, train, seed);
  const SlotPixelsShape shape = slots_for(corpus, train, plan, seed);
  auto feed = std::make_unique<PixelSlots>(corpus, train, batch_targets(corpus, train).values, shape, room);
  DeviceSetup setup = setup_of(plan, corpus);
  for (const PixelDraw& draw : feed->examples())
    setup.forward_flops += network->forward_flops(GridSize{draw.height, draw.width});
  setup.forward_flops *= static_cast<double>(shape.n_slots) / static_cast<double>(feed->examples().size());
  setup.max_epochs = plan.max_epochs;
  setup.augmentation = augmentation_of(plan.feed);
  setup.network = network;
  setup.feed = std::move(feed);
  return setup;
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const SamplePlan& plan,
                            uint64_t seed, at::ScalarType dtype, const DeviceRoom& room) {
  const auto network = sample_network_for(corpus, train, plan, seed, dtype);
  const SlotSamplesShape shape = slots_for(plan, network->coarse_row_samples(), seed);
  auto feed = std::make_unique<SampleSlots>(corpus, train, batch_targets(corpus, train).values, shape, room);
  DeviceSetup setup = setup_of(plan, corpus);
  setup.forward_flops = forward_flops_of(*network, *feed);
  setup.max_epochs = plan.max_epochs;
  setup.augmentation = augmentation_of(plan);
  setup.network = network;
  setup.feed = std::move(feed);
  return setup;
}

DeviceSetup setup_on_device(const Corpus& corpus, const std::vector<uint32_t>& train, const CellPlan& plan,
                            uint64_t seed, at::ScalarType, const DeviceRoom& room) {
  const auto network = cell_network_for(corpus, train, plan, seed);
  const CellLayout& layout = network->stem().layout();
  CellRows rows = cell_rows(corpus, train, layout);
  Batch batch;
  batch.n_item_rows = slots_for(plan, rows);
  DeviceSetup setup = setup_of(plan, corpus);
  setup.feed = std::make_unique<CellSlots>(std::move(rows), batch_targets(corpus, train).values, layout,
                                           batch.n_item_rows, seed, room);
  setup.forward_flops = network->forward_flops(batch);
  setup.max_epochs = plan.max_epochs;
  setup.keep_last = true;
  setup.network = network;
  return setup;
}

}  // namespace gulo
