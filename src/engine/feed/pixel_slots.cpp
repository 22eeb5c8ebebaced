#include "engine/feed/pixel_slots.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/device/device_graph.h"

namespace gulo {
namespace {

SlotSort sort_of(const SlotPixelsShape& shape, const Corpus& corpus, const std::vector<uint32_t>& items) {
  size_t most_bytes = 1;  // of a value
  for (const uint32_t item : items) most_bytes = std::max(most_bytes, value_bytes(corpus.shapes[item].type));
  const auto n_values = static_cast<uint64_t>(int64_t{shape.window} * shape.window * shape.channels);
  return {shape.n_slots, n_values * most_bytes, shape.seed};
}

}  // namespace

PixelSlots::PixelSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
                       const SlotPixelsShape& shape, const DeviceRoom& room)
    : SlotFeed(corpus, items, targets, sort_of(shape, corpus, items), room), shape_(shape) {
  const std::vector<int32_t> extents = extents_of(corpus, items);
  for (size_t i = 0; i < items.size(); ++i)
    full_ = full_ && std::min(extents[3 * i], extents[3 * i + 1]) >= shape.window;
  // The host draws as the device does.
  for (uint64_t k = 0; k < std::min<uint64_t>(items.size(), 1024); ++k) {
    examples_.push_back(draw_pixels(shape_, {.n_items = items.size()}, extents.data(), k));
    const PixelDraw& draw = examples_.back();
    mean_bytes_ += static_cast<double>(draw.height) * draw.width * shape.channels *
                   static_cast<double>(value_bytes(corpus.shapes[items[draw.item]].type));
  }
  mean_bytes_ /= static_cast<double>(examples_.size());
}

std::vector<at::Tensor> PixelSlots::draw(const at::Tensor& owners) {
  const int64_t n = shape_.n_slots;
  const at::Tensor values = empty({n, shape_.window, shape_.window, shape_.channels}, at::kFloat),
                   sizes = empty({n, 2}, at::kInt);
  const SlotPixels<float> kernel{shape_,
                                 items(),
                                 extents(),
                                 types(),
                                 step(),
                                 pointer_to<float>(values),
                                 pointer_to<int32_t>(sizes),
                                 pointer_to<int64_t>(owners)};
  if (on_cuda())
    slot_pixels_cuda(kernel, current_cuda_stream());
  else
    run_on_host(kernel);
  return {values, full_ ? at::Tensor() : sizes};
}

}  // namespace gulo
