#include "engine/feed/sample_slots.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "engine/device/device_graph.h"
#include "engine/feed/packed_samples.h"

namespace gulo {
namespace {

SlotSort sort_of(const SlotSamplesShape& shape) {
  return {shape.n_slots, uint64_t{shape.window_times} * static_cast<uint64_t>(shape.channels) * sizeof(float),
          shape.seed};
}

}  // namespace

SampleSlots::SampleSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
                         const SlotSamplesShape& shape, const DeviceRoom& room)
    : SlotFeed(corpus, items, targets, sort_of(shape), room), shape_(shape) {
  std::vector<float> rates;
  for (const uint32_t item : items) rates.push_back(rate_value(corpus.shapes[item].rate_hz));
  rates_ = at::tensor(rates, at::kFloat).to(room.device);
  look_at_slots(corpus, items);
}

// The host draws as the device does.
void SampleSlots::look_at_slots(const Corpus& corpus, const std::vector<uint32_t>& items) {
  const std::vector<int32_t> extents = extents_of(corpus, items);
  for (uint64_t k = 0; k < std::min<uint64_t>(items.size(), 1024); ++k) {
    examples_.push_back(draw_samples(shape_, {.n_items = items.size()}, extents.data(), k));
    const SampleDraw& draw = examples_.back();
    const ItemShape& item = corpus.shapes[items[draw.item]];
    mean_bytes_ += static_cast<double>(draw.n_seen) * item.extents[1] * static_cast<double>(value_bytes(item.type));
  }
  mean_bytes_ /= static_cast<double>(examples_.size());
}

std::vector<at::Tensor> SampleSlots::draw(const at::Tensor& owners) {
  const int64_t n = shape_.n_slots;
  const at::Tensor values = empty({n, shape_.slot_times, shape_.channels}, at::kFloat),
                   places = empty({n, 3}, at::kInt);
  const SlotSamples kernel{shape_,
                           items(),
                           extents(),
                           types(),
                           step(),
                           pointer_to<float>(values),
                           pointer_to<int32_t>(places),
                           pointer_to<int64_t>(owners)};
  if (on_cuda())
    slot_samples_cuda(kernel, current_cuda_stream());
  else
    run_on_host(kernel);
  return {values, places, rates_.index_select(0, owners)};
}

}  // namespace gulo
