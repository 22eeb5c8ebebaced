#include "engine/net/pixel_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "data/picture_windows.h"
#include "engine/feed/pixel_batch.h"
#include "engine/net/entry_part.h"
#include "engine/net/grid_convolution.h"
#include "engine/net/logit_sums.h"
#include "engine/net/slot_grid.h"

namespace gulo {
namespace {

// Of the running statistics, what the latest batch replaces: they must follow weights that still move.
constexpr double kStatisticsRate = 0.2;
// Logits are this much smaller than the head's products: features are sums of many like signs.
constexpr double kHeadScale = 0.25;
// The stem is fitted to so many windows of at most so many pixels each way.
constexpr size_t kStemPictures = 2000;
constexpr int32_t kStemWindow = 64;
// A prediction's batch: more gain nothing. A device wants more at once.
constexpr int64_t kBatchPositions = 1 << 15, kSlotBatchPositions = 1 << 20;

std::vector<GridSize> picture_sizes(const Batch& batch) {
  const at::Tensor& sizes = batch.values[1];
  const int32_t* size = sizes.const_data_ptr<int32_t>();
  std::vector<GridSize> pictures;
  for (int64_t i = 0; i < sizes.size(0); ++i, size += 2) pictures.push_back({size[0], size[1]});
  return pictures;
}

GridSize halved(const GridSize& grid) { return {(grid.height + 1) / 2, (grid.width + 1) / 2}; }

at::Tensor drop(const at::Tensor& x, const TrainStep& step, const EntryPart& part) {
  if (step.head_dropout <= 0) return x;
  return x * kept_units(x.sizes(), 0, part, step.head_dropout, at::detail::createCPUGenerator(step.seed));
}

// A batch of prediction is full with so many positions of the stem's grid, of slots with what is blank of them.
class BoundedPacker {
 public:
  BoundedPacker(const PixelNetworkSpec& spec, bool in_slots)
      : packer_(spec.channels), stride_(spec.stem_stride), in_slots_(in_slots) {}

  bool add(const PixelWindow& window) {
    if (!packer_.empty() && !fits(window)) return false;
    packer_.add(window);
    n_positions_ += positions(window.height, window.width);
    side_ = std::max({side_, window.height, window.width});
    return true;
  }
  bool empty() const { return packer_.empty(); }
  Batch take() {
    n_positions_ = side_ = 0;
    return packer_.take();
  }

 private:
  int64_t positions(int64_t height, int64_t width) const { return (height / stride_ + 1) * (width / stride_ + 1); }
  bool fits(const PixelWindow& window) const {
    if (!in_slots_) return n_positions_ < kBatchPositions;
    const int32_t side = std::max({side_, window.height, window.width});
    return static_cast<int64_t>(packer_.size() + 1) * positions(side, side) <= kSlotBatchPositions;
  }

  PixelPacker packer_;
  int64_t stride_, n_positions_ = 0;
  int32_t side_ = 0;
  bool in_slots_;
};

std::vector<PictureWindow> windows_of(const ItemView& item, const PixelNetworkSpec& spec, size_t max_windows) {
  check_picture(item);
  return picture_windows(static_cast<int32_t>(item.shape.extents[0]), static_cast<int32_t>(item.shape.extents[1]),
                         spec.window, max_windows);
}

}  // namespace

PixelNetwork::PixelNetwork(const PixelNetworkSpec& spec, uint64_t seed, at::ScalarType dtype)
    : spec_(pixel_network_spec_from_json(to_json(spec))), dtype_(dtype) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  stem_.stride = spec.stem_stride;
  const int64_t patch_values = int64_t{stem_.patch()} * stem_.patch() * spec.channels;
  stem_.centre = add("stem.centre", at::zeros({spec.channels}), false, false);
  stem_.weight = add("stem.weight", at::zeros({patch_values, spec.stem_filters}), false, false);
  int64_t width = 2 * spec.stem_filters;
  for (const PixelLayerSpec& layer : spec.layers) {
    add_layer(static_cast<int64_t>(layers_.size()), width, layer, generator);
    width = layer.width;
  }
  head_weight_ = add("head.weight", at::zeros({2 * width, spec.n_labels}), false, true);
  head_bias_ = add("head.bias", at::zeros({spec.n_labels}), false, true);
}

at::Tensor PixelNetwork::add(const std::string& name, const at::Tensor& value, bool hidden_matrix, bool trained) {
  parameters_.push_back({name, trained ? value.set_requires_grad(true) : value, hidden_matrix, trained});
  return value;
}

// As many outputs as there are inputs begin as copies of them; the rest are random.
void PixelNetwork::add_layer(int64_t index, int64_t in, const PixelLayerSpec& layer, const at::Generator& generator) {
  const std::string name = "layer" + std::to_string(index);
  const double bound = 1 / std::sqrt(9. * static_cast<double>(in));
  const at::Tensor weight = at::empty({9 * in, layer.width}).uniform_(-bound, bound, generator);
  const int64_t n_same = std::min<int64_t>(in, layer.width);
  weight.slice(1, 0, n_same).zero_();
  weight.slice(0, 4 * in, 4 * in + n_same).slice(1, 0, n_same).fill_diagonal_(1);
  layers_.push_back({add(name + ".weight", weight, true, true),
                     add(name + ".bias", at::zeros({layer.width}), false, true),
                     add(name + ".mean", at::zeros({layer.width}), false, false),
                     add(name + ".variance", at::ones({layer.width}), false, false), layer.halves});
}

void PixelNetwork::fit_stem(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t seed) {
  const at::NoGradGuard no_grad;
  Rng rng(seed);
  std::vector<uint32_t> chosen = items;
  rng.shuffle(chosen);
  chosen.resize(std::min(chosen.size(), kStemPictures));
  PixelPacker packer(spec_.channels);
  const int32_t side = std::max(kStemWindow, 2 * stem_.patch());
  for (uint32_t item : chosen) {
    PixelWindow window{.picture = corpus.view(item), .owner = item};
    const auto [height, width, channels] = window.picture.shape.extents;
    window.height = std::min(static_cast<int32_t>(height), side);
    window.width = std::min(static_cast<int32_t>(width), side);
    window.top = static_cast<int32_t>(rng.below(height - static_cast<uint32_t>(window.height) + 1));
    window.left = static_cast<int32_t>(rng.below(width - static_cast<uint32_t>(window.width) + 1));
    packer.add(window);
  }
  const Batch batch = packer.take();
  PixelStem fitted{.stride = spec_.stem_stride};
  fit_pixel_stem(fitted, spec_.stem_filters, batch.values[0], picture_sizes(batch), spec_.channels);
  stem_.centre.copy_(fitted.centre);
  stem_.weight.copy_(fitted.weight);
}

// A normalised layer's weights have a direction and no size; held at one size, they turn by the learning rate alone.
void PixelNetwork::keep_norms() {
  const at::NoGradGuard no_grad;
  for (const PixelLayer& layer : layers_) {
    at::Tensor weight = layer.weight.detach();
    weight.mul_(std::sqrt(static_cast<double>(weight.size(1))) / (weight.norm() + 1e-12));
  }
}

void PixelNetwork::follow_statistics(const std::vector<PixelLayer>& batch) {
  const at::NoGradGuard no_grad;
  for (size_t l = 0; l < layers_.size(); ++l) {
    layers_[l].mean.lerp_(batch[l].mean, kStatisticsRate);
    layers_[l].variance.lerp_(batch[l].variance, kStatisticsRate);
  }
}

at::Tensor PixelNetwork::forward(const Batch& batch, const TrainStep* step) {
  const std::vector<GridSize> pictures = picture_sizes(batch);
  std::vector<GridSize> grids;
  for (const GridSize& picture : pictures) grids.push_back(stem_.grid(picture));
  const at::Tensor rows = [&] {
    const at::NoGradGuard no_grad;
    return pixel_stem(stem_, batch.values[0], pictures, dtype_);
  }();
  const GridLayout layout(std::move(grids));
  at::Tensor features = features_by(
      [&](const auto& layers) { return pixel_body(rows, layout, layers, step != nullptr, sum_over_parts_); },
      step != nullptr);
  if (step) features = drop(features, *step, EntryPart(batch));
  return at::addmm(head_bias_, features, head_weight_, kHeadScale, kHeadScale);
}

at::Tensor PixelNetwork::forward_slots(const SlotBatch& batch, const TrainStep* step) {
  const SlotGrid grid = slot_pixel_stem(stem_, batch.values[0], batch.values[1], dtype_);
  const at::Tensor features =
      features_by([&](const auto& layers) { return slot_pixel_body(grid, layers, step != nullptr); }, step != nullptr);
  const double dropout = step ? step->head_dropout : 0;
  return at::addmm(head_bias_, at::dropout(features, dropout, dropout > 0), head_weight_, kHeadScale, kHeadScale);
}

at::Tensor PixelNetwork::features_by(const std::function<at::Tensor(const std::vector<PixelLayer>&)>& body,
                                     bool training) {
  if (!training) return body(layers_);
  keep_norms();
  std::vector<PixelLayer> layers = layers_;
  for (PixelLayer& layer : layers)
    layer.mean = at::empty_like(layer.mean), layer.variance = at::empty_like(layer.variance);
  at::Tensor features = body(layers);
  follow_statistics(layers);
  return features;
}

std::vector<double> PixelNetwork::entry_costs(const Batch& batch) const {
  std::vector<double> costs;
  for (const GridSize& picture : picture_sizes(batch)) costs.push_back(static_cast<double>(picture.n_rows()));
  return costs;
}

Batch PixelNetwork::part(const Batch& batch, int64_t begin, int64_t end) const {
  const std::vector<GridSize> pictures = picture_sizes(batch);
  const auto values_between = [&](int64_t from, int64_t to) {
    int64_t n = 0;
    for (int64_t i = from; i < to; ++i) n += pictures[static_cast<size_t>(i)].n_rows() * spec_.channels;
    return n;
  };
  Batch part = bare_part(batch, begin, end);
  part.values = {batch.values[0].narrow(0, values_between(0, begin), values_between(begin, end)),
                 batch.values[1].narrow(0, begin, end - begin)};
  return part;
}

// Nine products a position, fewer of floats on the CPU.
double PixelNetwork::layer_flops(const GridSize& grid, const PixelLayer& layer) const {
  const auto taps = static_cast<double>(layer.weight.numel());
  if (dtype_ != at::kFloat || !on_cpu()) return 2 * static_cast<double>(grid.n_rows()) * taps;
  return 2 * static_cast<double>(winograd_products(grid)) * taps / 9;
}

double PixelNetwork::forward_flops(const GridSize& picture) const {
  GridSize grid = stem_.grid(picture);
  double flops = 2. * static_cast<double>(grid.n_rows()) * static_cast<double>(stem_.weight.numel());
  for (const PixelLayer& layer : layers_) {
    flops += layer_flops(grid, layer);
    if (layer.halves) grid = halved(grid);
  }
  return flops + 2. * static_cast<double>(head_weight_.numel());
}

double PixelNetwork::forward_flops(const Batch& batch) const {
  double sum = 0, last = 0;
  GridSize last_size;
  for (const GridSize& picture : picture_sizes(batch)) {
    if (picture != last_size) last = forward_flops(picture);
    last_size = picture;
    sum += last;
  }
  return sum;
}

at::Tensor PixelNetwork::slot_logits(const Batch& batch) {
  SlotBatch slots = pictures_in_slots(batch, spec_.channels);
  const double unit = slots.values[0].scalar_type() == at::kByte ? 1 / 255. : 1;
  slots.values[0] = slots.values[0].to(head_weight_.device()).to(at::kFloat) * unit;
  if (slots.values[1].defined()) slots.values[1] = slots.values[1].to(head_weight_.device());
  return forward_slots(slots, nullptr);
}

std::vector<float> PixelNetwork::logits(std::span<const ItemView> items, size_t max_windows) {
  const at::NoGradGuard no_grad;
  LogitSums means(BoundedPacker(spec_, !on_cpu()), items.size(), static_cast<size_t>(spec_.n_labels),
                  [this](const Batch& batch) { return on_cpu() ? forward(batch, nullptr) : slot_logits(batch); });
  const int n_images = spec_.mirrored ? 2 : 1;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::vector<PictureWindow> windows = windows_of(items[i], spec_, max_windows);
    const double weight = 1. / static_cast<double>(windows.size()) / n_images;
    for (const PictureWindow& window : windows)
      for (int image = 0; image < n_images; ++image)
        means.add(PixelWindow{items[i], static_cast<uint32_t>(i), window.top, window.left, window.height, window.width,
                              image == 1},
                  weight);
  }
  return means.finish();
}

double PixelNetwork::logits_cost(std::span<const ItemView> items, size_t max_windows) const {
  double cost = 0;
  for (const ItemView& item : items) {
    const std::vector<PictureWindow> windows = windows_of(item, spec_, max_windows);
    cost += static_cast<double>(windows.size()) * forward_flops(GridSize{windows[0].height, windows[0].width}) / 2;
  }
  return cost * (spec_.mirrored ? 2 : 1);
}

}  // namespace gulo
