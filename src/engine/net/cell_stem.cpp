#include "engine/net/cell_stem.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace gulo {
namespace {

// Waves a training row's place passes, about: the deviation of the frequencies at the beginning.
constexpr double kFrequencyDeviation = 2;

// How much of a row's first features each kind of feature makes up; of bends 1.
constexpr double kMissingDeviation = 0.5, kWaveDeviation = 0.3, kLookupDeviation = 0.5;

// 1 / width of each stretch between two knots; 0 of one without a width.
at::Tensor inverse_stretches(const at::Tensor& knots) {
  const at::Tensor widths = knots.diff();
  return widths.reciprocal().masked_fill(widths <= 0, 0);
}

at::Tensor n_bends(const at::Tensor& knots) { return (knots.diff() > 0).sum(1).clamp_min(1).to(at::kFloat); }

}  // namespace

CellLayout cell_layout(const CellNetworkSpec& spec) {
  CellLayout layout;
  layout.log2_rows = spec.log2_rows;
  for (const CellColumnSpec& column : spec.columns)
    layout.columns.push_back({column.number, column.value, column.text});
  return layout;
}

CellStem::CellStem(const CellNetworkSpec& spec, at::Generator generator) : layout_(cell_layout(spec)) {
  const int64_t n_numbers = layout_.n_numbers(), n_rows = layout_.n_lookups() > 0 ? int64_t{1} << spec.log2_rows : 0;
  knots_ = at::linspace(0, 1, spec.n_knots).repeat({n_numbers, 1});
  frequencies_ =
      at::empty({n_numbers, spec.n_waves}).normal_(0, kFrequencyDeviation, generator).set_requires_grad(true);
  table_ = at::empty({n_rows, spec.embedding_width}).normal_(0, 1, generator).set_requires_grad(true);
  known_ = at::ones({n_rows});
}

void CellStem::add_parameters(std::vector<Parameter>& parameters) const {
  parameters.push_back({.name = "stem.knots", .value = knots_, .trained = false});
  parameters.push_back({.name = "stem.frequencies", .value = frequencies_, .trained = frequencies_.numel() > 0});
  parameters.push_back({.name = "stem.table", .value = table_, .trained = table_.numel() > 0});
  parameters.push_back({.name = "stem.known", .value = known_, .trained = false});
}

void CellStem::begin_with(const at::Tensor& knots, const at::Tensor& known) {
  knots_.copy_(knots);
  known_.copy_(known);
}

int64_t CellStem::width() const {
  return knots_.size(0) * (knots_.size(1) + 2 * frequencies_.size(1)) + layout_.n_lookups() * table_.size(1);
}

at::Tensor CellStem::weight_deviations() const {
  const int64_t n_numbers = knots_.size(0), n_waves = frequencies_.size(1);
  const at::Tensor bends = n_bends(knots_).rsqrt().unsqueeze(1).expand({n_numbers, knots_.size(1) - 1});
  const double wave = n_waves > 0 ? kWaveDeviation / std::sqrt(static_cast<double>(n_waves)) : 0;
  const at::Tensor numbers =
      at::cat({bends, at::full({n_numbers, 1}, kMissingDeviation), at::full({n_numbers, 2 * n_waves}, wave)}, 1);
  const double lookup = kLookupDeviation / std::sqrt(static_cast<double>(table_.size(1)));
  return at::cat({numbers.flatten(), at::full({layout_.n_lookups() * table_.size(1)}, lookup)});
}

// [n, n_numbers, n_knots + 2 n_waves]. What a number is compared with is finite, so nothing overflows.
at::Tensor CellStem::place_features(const at::Tensor& numbers) const {
  const at::Tensor missing = numbers.isnan();
  const at::Tensor first = knots_.select(1, 0), last = knots_.select(1, -1);
  const at::Tensor inside = at::where(missing, first, numbers).maximum(first).minimum(last).unsqueeze(2);
  const at::Tensor bends = ((inside - knots_.slice(1, 0, -1)) * inverse_stretches(knots_)).clamp(0, 1);
  const at::Tensor place = bends.sum(2) / n_bends(knots_);
  const at::Tensor angle = 2 * std::numbers::pi * place.unsqueeze(2) * frequencies_;
  return at::cat({bends, missing.to(at::kFloat).unsqueeze(2), angle.sin(), angle.cos()}, 2);
}

at::Tensor CellStem::lookups(const Batch& batch) const {
  const at::Tensor &ids = batch.values[kCellRows], &begins = batch.values[kCellBegins];
  constexpr int64_t kSum = 0;
  const at::Tensor shares = batch.values[kCellShares] * known_.index_select(0, ids);
  const at::Tensor sums = std::get<0>(at::embedding_bag(table_, ids, begins, false, kSum, false, shares));
  return sums.view({batch.values[kCellNumbers].size(0), layout_.n_lookups() * table_.size(1)});
}

at::Tensor CellStem::forward(const Batch& batch) const {
  const at::Tensor features = place_features(batch.values[kCellNumbers]).flatten(1);
  return layout_.n_lookups() > 0 ? at::cat({features, lookups(batch)}, 1) : features;
}

}  // namespace gulo
