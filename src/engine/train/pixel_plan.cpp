#include "engine/train/pixel_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "engine/net/pixel_network.h"
#include "engine/train/mirror_symmetry.h"

namespace gulo {
namespace {

// Windows no larger than this: what a thread works on must stay near it.
constexpr int kMaxWindow = 512;
// The stem brings a typical picture to a grid of at most so many positions each way.
constexpr int kGridSide = 24;
// Fewer expected visits to every picture than this, of which about three quarters come about, teach a wide network less
// than they teach a narrow one.
constexpr double kLeastPixelEpochs = 9;
// With so few visits a network has not begun to learn by heart: its last state is its best.
constexpr double kFewPixelEpochs = 20;
constexpr double kMaxPixelEpochs = 200;

// Of the larger side of the pictures, the value that so many are not above.
int side_quantile(const Corpus& corpus, const std::vector<uint32_t>& items, double fraction) {
  std::vector<uint32_t> sides;
  for (uint32_t item : items) sides.push_back(std::max(corpus.shapes[item].extents[0], corpus.shapes[item].extents[1]));
  const auto nth = sides.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(sides.size() - 1));
  std::nth_element(sides.begin(), nth, sides.end());
  return static_cast<int>(std::min<uint32_t>(*nth, 1 << 20));
}

int channels_of(const Corpus& corpus, const std::vector<uint32_t>& items) {
  bool colours = false, alpha = false;
  for (uint32_t item : items) {
    const uint32_t channels = corpus.shapes[item].extents[2];
    colours |= channels >= 3;
    alpha |= channels % 2 == 0;
  }
  return (colours ? 3 : 1) + (alpha ? 1 : 0);
}

int stem_stride(int typical_side, const PixelSizes& sizes) {
  if (typical_side <= sizes.unmerged_side) return 1;
  int stride = 2;
  while (stride < 8 && typical_side > stride * kGridSide) stride *= 2;
  return stride;
}

// Some layers at each resolution, from about 16 x 16 positions down to about 2 x 2; what is larger is halved once more
// by a narrow layer first.
std::vector<PixelLayerSpec> layers_for(int width, int grid_side, const PixelSizes& sizes) {
  std::vector<PixelLayerSpec> layers;
  for (; grid_side > kGridSide; grid_side = (grid_side + 1) / 2) layers.push_back({width, true});
  const auto add_stage = [&](int stage_width, bool halves) {
    layers.push_back({stage_width, halves});
    layers.insert(layers.end(), static_cast<size_t>(sizes.layers_per_stage - 1), {stage_width, false});
  };
  add_stage(width, grid_side > 4);
  add_stage(2 * width, grid_side > 2);
  add_stage(2 * width, grid_side > 8);
  return layers;
}

// Products of a forward and a backward pass over each picture once; the first layer has no gradient to hand on.
double training_flops_per_epoch(const Corpus& corpus, const std::vector<uint32_t>& items, const PixelNetworkSpec& spec,
                                at::ScalarType dtype) {
  PixelNetworkSpec whole = spec;
  whole.mirrored = false;
  const PixelNetwork network(whole, 0, dtype);
  double cost = 0;
  const size_t step = std::max<size_t>(1, items.size() / 1000);
  for (size_t i = 0; i < items.size(); i += step) {
    const ItemView view = corpus.view(items[i]);
    cost += network.logits_cost(std::span(&view, 1), 1) * static_cast<double>(step);
  }
  return 6 * cost;
}

}  // namespace

const PixelSizes kCpuPixels{.widths = {128, 96, 64, 48, 32},
                            .layers_per_stage = 2,
                            .unmerged_side = 12,
                            .batch_items = 250,
                            .batch_positions = 1 << 16,
                            .muon_rate = 0.12};
const PixelSizes kDevicePixels{.widths = {512, 384, 256, 192, 128, 96, 64, 48, 32},
                               .layers_per_stage = 3,
                               .unmerged_side = 40,
                               .batch_items = 1000,
                               .batch_positions = 1 << 20,
                               .muon_rate = 0.24};

std::vector<std::string> augmentation_of(const PixelFeedOptions& feed) {
  std::vector<std::string> ways;
  if (feed.shift > 0) ways.push_back(fmt::format("moved by up to {} pixel{}", feed.shift, feed.shift > 1 ? "s" : ""));
  if (feed.mirror) ways.push_back("mirrored");
  return ways;
}

OptimiserOptions pixel_optimiser() {
  OptimiserOptions options;
  options.muon_rate = 0.12;
  options.muon_momentum = 0.6;
  options.muon_weight_decay = 0;  // the network holds its weights' norms
  options.adam_rate = 5e-3;
  options.adam_weight_decay = 2e-3;
  return options;
}

PixelPlan plan_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                      at::ScalarType dtype, bool augment, bool may_mirror, const PixelSizes& sizes) {
  PixelPlan plan;
  PixelNetworkSpec& spec = plan.spec;
  const int typical = side_quantile(corpus, train, 0.5), large = side_quantile(corpus, train, 0.9);
  spec.channels = channels_of(corpus, train);
  spec.stem_stride = stem_stride(typical, sizes);
  const int patch_values =
      PixelStem::patch_of(spec.stem_stride) * PixelStem::patch_of(spec.stem_stride) * spec.channels;
  spec.stem_filters = std::clamp(patch_values / 8 * 8, 8, 16);
  spec.window = std::min(std::max(32, large), kMaxWindow);
  spec.n_labels = static_cast<int>(corpus.labels.size());
  const int grid_side = (std::min(typical, spec.window) + spec.stem_stride - 1) / spec.stem_stride;
  double epochs = 0;
  for (const int width : sizes.widths) {
    spec.layers = layers_for(width, grid_side, sizes);
    epochs = seconds * flops_per_s / training_flops_per_epoch(corpus, train, spec, dtype);
    if (epochs >= kLeastPixelEpochs) break;
  }
  plan.keep_last = epochs < kFewPixelEpochs;
  spec.mirrored = augment && may_mirror && is_mirror_symmetric(corpus, train, spec);
  const auto n = static_cast<double>(train.size());
  plan.feed.channels = spec.channels;
  plan.feed.window = spec.window;
  plan.feed.mirror = spec.mirrored;
  plan.feed.batch_items = static_cast<int>(std::clamp(n / 20, 16., static_cast<double>(sizes.batch_items)));
  plan.feed.batch_pixels = sizes.batch_positions * spec.stem_stride * spec.stem_stride;
  plan.feed.shift = augment ? std::max(1, typical / 16) : 0;
  plan.optimiser = pixel_optimiser();
  plan.optimiser.muon_rate = sizes.muon_rate;
  plan.max_epochs = kMaxPixelEpochs;
  return plan;
}

DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan, uint64_t seed,
                       at::ScalarType dtype) {
  auto network = std::make_shared<PixelNetwork>(plan.spec, seed, dtype);
  network->fit_stem(corpus, train, seed);
  DeepSetup setup;
  setup.network = std::move(network);
  setup.feed = std::make_unique<PixelFeed>(corpus, train, plan.feed, seed);
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  setup.max_epochs = plan.max_epochs;
  setup.keep_last = plan.keep_last;
  setup.augmentation = augmentation_of(plan.feed);
  return setup;
}

DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  for (uint32_t item : train) check_picture(corpus.view(item));
  const PixelPlan plan =
      plan_pixels(corpus, train, options.seconds, options.flops_per_s, options.dtype, options.augment,
                  !options.as_field);  // which side is which may matter to another field
  return setup_pixels(corpus, train, plan, options.seed, options.dtype);
}

}  // namespace gulo
