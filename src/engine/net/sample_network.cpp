#include "engine/net/sample_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/round_up.h"
#include "data/window_plan.h"
#include "engine/net/logit_sums.h"
#include "engine/net/slot_signals.h"

namespace gulo {
namespace {

// Samples that prediction packs into one batch: enough for the matrix products, little enough to stay in the caches.
constexpr int64_t kPredictionSamples = 1 << 17;
// On a device, which wants more at once: so many of a packed batch, and of its slots, blank ones too.
constexpr int64_t kDeviceSamples = 1 << 20, kSlotSamples = 1 << 22;

RowBodySpec body_spec(const SampleNetworkSpec& spec) {
  return {spec.stem_width, spec.stages, spec.attention_heads, spec.n_labels};
}

std::vector<WindowRange> windows_of(const ItemView& item, const SampleNetworkSpec& spec, size_t max_windows) {
  return prediction_windows(item.shape.extents[0], static_cast<size_t>(spec.window_samples), max_windows);
}

}  // namespace

SampleNetwork::SampleNetwork(const SampleNetworkSpec& spec, uint64_t seed, at::ScalarType dtype)
    : spec_(spec), dtype_(dtype), stem_(spec, dtype), body_(body_spec(spec)) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  stem_.add_parameters(parameters_, generator);
  body_.add_parameters(parameters_, generator);
}

SampleBatchShape SampleNetwork::batch_shape(int64_t n_coarse_rows) const {
  return {n_coarse_rows, coarse_row_samples(), spec_.channels, gap_rows(spec_, coarse_row_samples())};
}

at::Tensor SampleNetwork::forward(const Batch& batch, const TrainStep* step) {
  const int64_t n_coarse_rows = batch.values[kSignal].size(0) / coarse_row_samples();
  const int rows = body_.rows_per_coarse_row();
  const at::Tensor keep = row_mask(n_coarse_rows, rows, batch.begins, batch.ends);
  StripeMask stripes;
  if (step) stripes = {stripes_.frequencies, stripes_.times, step->seed};
  const Dropout dropout = step ? Dropout{step->head_dropout, step->seed, EntryPart(batch)} : Dropout{};
  return body_.forward(stem_.forward(batch, keep, rows, stripes), keep, batch.begins, batch.ends, dropout);
}

at::Tensor SampleNetwork::forward_slots(const SlotBatch& batch, const TrainStep* step) {
  const at::Tensor keep = slot_signal_mask(batch, coarse_row_samples(), body_.rows_per_coarse_row());
  const StripeMask stripes = step ? stripes_ : StripeMask{};
  return body_.forward_slots(stem_.forward_slots(batch, keep, stripes), keep, batch.n_slots,
                             step ? step->head_dropout : 0);
}

Batch SampleNetwork::part(const Batch& batch, int64_t begin, int64_t end) const {
  const int64_t n = end - begin, row_samples = coarse_row_samples();
  Batch part = bare_part(batch, begin, end);
  at::Tensor places = batch.values[kPlaces].narrow(0, begin, n).clone();
  places.select(1, 0).sub_(batch.begins[static_cast<size_t>(begin)] * row_samples);
  part.values = {part_of_rows(batch, batch.values[kSignal], begin, end, row_samples, 0), places,
                 batch.values[kRates].narrow(0, begin, n).contiguous()};
  return part;
}

double SampleNetwork::forward_flops(const Batch& batch) const {
  return stem_.forward_flops(batch.n_item_rows * body_.rows_per_coarse_row()) +
         body_.forward_flops(batch.n_item_rows, static_cast<int64_t>(batch.owners.size()));
}

void SampleNetwork::check_item(const ItemView& item) const {
  require(item.shape.extents[2] == 1 && item.bytes.size() == item.shape.n_bytes(), ErrorKind::kData,
          "the item is no signal of [times, channels]", "this recogniser was trained on samples");
  require(item.shape.extents[1] <= static_cast<uint32_t>(spec_.channels), ErrorKind::kData,
          fmt::format("the item has {} channels, more than the {} that this recogniser knows", item.shape.extents[1],
                      spec_.channels),
          "train with items of as many channels");
}

at::Tensor SampleNetwork::slot_logits(const Batch& batch) {
  const int row_samples = coarse_row_samples();
  const at::Device device = parameters_[0].value.device();
  std::vector<at::Tensor> logits;
  for (SlotBatch& slots : signals_in_slots(batch, row_samples, kSlotSamples / spec_.channels / row_samples)) {
    for (at::Tensor& values : slots.values) values = values.to(device);
    logits.push_back(forward_slots(slots, nullptr));
  }
  return at::cat(logits);
}

std::vector<float> SampleNetwork::logits(std::span<const ItemView> items, size_t max_windows) {
  const at::NoGradGuard no_grad;
  for (const ItemView& item : items) check_item(item);
  const int row_samples = coarse_row_samples();
  const int64_t n_samples = on_cpu() ? kPredictionSamples : kDeviceSamples;
  const int64_t n_times = std::max<int64_t>(n_samples / spec_.channels, spec_.window_samples);
  const int64_t n_rows = round_up_to_16(rows_for_samples(n_times, row_samples));
  LogitSums sums(SamplePacker(batch_shape(n_rows)), items.size(), static_cast<size_t>(spec_.n_labels),
                 [&](Batch batch) {
                   if (!on_cpu()) return slot_logits(batch);
                   batch.values[kSignal] = rows_in_use(batch.values[kSignal], batch, row_samples);
                   return forward(batch, nullptr);
                 });
  for (size_t i = 0; i < items.size(); ++i)
    for (const WindowRange& range : windows_of(items[i], spec_, max_windows)) {
      const std::vector<float> values = signal_values(items[i], range.begin, range.size);
      const ItemShape& shape = items[i].shape;
      sums.add(SampleWindow{values, shape.extents[1], shape.rate_hz, static_cast<uint32_t>(i), 0, 0}, range.weight);
    }
  return sums.finish();
}

double SampleNetwork::logits_cost(std::span<const ItemView> items, size_t max_windows) const {
  const int row_samples = coarse_row_samples(), gap = gap_rows(spec_, row_samples);
  int64_t n_rows = 0;
  for (const ItemView& item : items)
    for (const WindowRange& range : windows_of(item, spec_, max_windows))
      n_rows += rows_for_samples(static_cast<int64_t>(range.size), row_samples) + gap;
  return static_cast<double>(n_rows);
}

double SampleNetwork::batch_cost(const Batch& batch) const {
  return static_cast<double>(batch.values[kSignal].size(0)) / coarse_row_samples();
}

}  // namespace gulo
