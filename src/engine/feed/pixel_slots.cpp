#include "engine/feed/pixel_slots.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/device/device_graph.h"

namespace gulo {
namespace {

SlotSort sort_of(const SlotPixelsShape& shape) {
  return {shape.n_slots, static_cast<uint64_t>(int64_t{shape.window} * shape.window * shape.channels), shape.seed};
}

}  // namespace

PixelSlots::PixelSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
                       const SlotPixelsShape& shape, const DeviceRoom& room)
    : SlotFeed(corpus, items, targets, sort_of(shape), room), shape_(shape) {
  const std::vector<int32_t> extents = extents_of(corpus, items);
  for (size_t i = 0; i < items.size(); ++i)
    full_ = full_ && std::min(extents[3 * i], extents[3 * i + 1]) >= shape.window;
  // The host draws as the device does.
  for (uint64_t k = 0; k < std::min<uint64_t>(items.size(), 1024); ++k) {
    examples_.push_back(draw_pixels(shape_, {.n_items = items.size()}, extents.data(), k));
    const PixelDraw& draw = examples_.back();
    mean_bytes_ += static_cast<double>(draw.height) * draw.width * shape.channels;
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
