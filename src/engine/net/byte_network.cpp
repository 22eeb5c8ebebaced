#include "engine/net/byte_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/round_up.h"
#include "data/window_plan.h"
#include "engine/feed/packed_batch.h"
#include "engine/feed/slot_packer.h"
#include "engine/net/byte_stem_layer.h"
#include "engine/net/logit_sums.h"
#include "engine/net/slot_rows.h"
#include "engine/net/spec_check.h"
#include "kernel/byte_stem.h"

namespace gulo {
namespace {

constexpr int kMaxTaps = 256;

RowBodySpec body_spec(const ByteNetworkSpec& spec) {
  return {spec.stem_width, spec.stages, spec.attention_heads, spec.n_labels};
}

constexpr int64_t kBatchBytes = 64 << 10;
constexpr int64_t kSlotBatchBytes = 4 << 20;  // on a device, which wants more at once

std::vector<WindowRange> windows_of(const ItemView& item, const ByteNetworkSpec& spec, size_t max_windows) {
  return prediction_windows(item.bytes.size(), static_cast<size_t>(spec.window_bytes), max_windows);
}

}  // namespace

ByteNetwork::ByteNetwork(const ByteNetworkSpec& spec, uint64_t seed, at::ScalarType dtype)
    : spec_(spec), dtype_(dtype), body_(body_spec(spec)) {
  check_range(spec.taps, 1, kMaxTaps, "taps");
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  const auto normal = [&](at::IntArrayRef shape, double deviation) {
    return at::empty(shape, at::kFloat).normal_(0, deviation, generator);
  };
  // Every tap gives its row of one shared embedding of the bytes a random turn, so that at first equal bytes mean the
  // same whichever tap sees them, and every output is of unit variance.
  const int64_t embedding_width = 32;
  const at::Tensor embedding = normal({ByteStemShape::kRows, embedding_width}, 1);
  const at::Tensor turn =
      normal({spec.taps, embedding_width, spec.stem_width}, 1 / std::sqrt(embedding_width * spec.taps));
  stem_table_ = at::matmul(embedding, turn).contiguous().set_requires_grad(true);
  stem_bias_ = at::zeros({spec.stem_width}).set_requires_grad(true);
  parameters_ = {{"stem.table", stem_table_}, {"stem.bias", stem_bias_}};
  body_.add_parameters(parameters_, generator);
}

at::Tensor ByteNetwork::forward(const Batch& batch, const TrainStep* step) {
  const at::Tensor& bytes = batch.values[0];
  const at::Tensor keep =
      row_mask(bytes.size(0) / coarse_row_bytes(), body_.rows_per_coarse_row(), batch.begins, batch.ends);
  const Dropout dropout = step ? Dropout{step->head_dropout, step->seed, EntryPart(batch)} : Dropout{};
  return body_.forward(byte_stem(bytes, stem_table_, stem_bias_, keep, dtype_), keep, batch.begins, batch.ends,
                       dropout);
}

at::Tensor ByteNetwork::forward_slots(const SlotBatch& batch, const TrainStep* step) {
  const at::Tensor keep =
      batch.values[1].unsqueeze(1).expand({-1, body_.rows_per_coarse_row()}).reshape({-1});  // of the stem's rows
  return body_.forward_slots(slot_byte_stem(batch.values[0], stem_table_, stem_bias_, keep, dtype_), keep,
                             batch.n_slots, step ? step->head_dropout : 0);
}

Batch ByteNetwork::part(const Batch& batch, int64_t begin, int64_t end) const {
  Batch part = bare_part(batch, begin, end);
  part.values = {part_of_rows(batch, batch.values[0], begin, end, coarse_row_bytes(), ByteStemShape::kPad)};
  return part;
}

double ByteNetwork::forward_flops(const Batch& batch) const {
  return forward_flops(batch.n_item_rows, static_cast<int64_t>(batch.owners.size()));
}

// Each window has a slot; the last batch is as large as the others.
std::vector<float> ByteNetwork::slot_logits(std::span<const ItemView> items, size_t max_windows) {
  const at::Device device = stem_table_.device();
  const int64_t slot_rows = rows_for_window(spec_.window_bytes, coarse_row_bytes());
  LogitSums sums(
      SlotPacker({std::max<int64_t>(1, kSlotBatchBytes / spec_.window_bytes), slot_rows, coarse_row_bytes()}),
      items.size(), static_cast<size_t>(spec_.n_labels), [&](const Batch& batch) {
        const int64_t n_slots = batch.values[1].size(0) / slot_rows;
        return forward_slots({{batch.values[0].to(device), batch.values[1].to(device)}, n_slots}, nullptr);
      });
  for (size_t i = 0; i < items.size(); ++i)
    for (const WindowRange& range : windows_of(items[i], spec_, max_windows))
      sums.add(Window{items[i].bytes.subspan(range.begin, range.size), static_cast<uint32_t>(i), 0}, range.weight);
  return sums.finish();
}

std::vector<float> ByteNetwork::logits(std::span<const ItemView> items, size_t max_windows) {
  const at::NoGradGuard no_grad;
  if (!on_cpu()) return slot_logits(items, max_windows);
  const int64_t batch_bytes = std::max<int64_t>(kBatchBytes, spec_.window_bytes);
  const int64_t n_rows = round_up_to_16(rows_for_window(batch_bytes, coarse_row_bytes()));
  LogitSums sums(BatchPacker({n_rows, coarse_row_bytes()}), items.size(), static_cast<size_t>(spec_.n_labels),
                 [this](Batch batch) {
                   batch.values[0] = rows_in_use(batch.values[0], batch, coarse_row_bytes());
                   return forward(batch, nullptr);
                 });
  for (size_t i = 0; i < items.size(); ++i)
    for (const WindowRange& range : windows_of(items[i], spec_, max_windows))
      sums.add(Window{items[i].bytes.subspan(range.begin, range.size), static_cast<uint32_t>(i), 0}, range.weight);
  return sums.finish();
}

double ByteNetwork::logits_cost(std::span<const ItemView> items, size_t max_windows) const {
  int64_t n_rows = 0;
  for (const ItemView& item : items)
    for (const WindowRange& range : windows_of(item, spec_, max_windows))
      n_rows += rows_for_window(static_cast<int64_t>(range.size), coarse_row_bytes());
  return static_cast<double>(n_rows);
}

}  // namespace gulo
