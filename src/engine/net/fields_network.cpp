#include "engine/net/fields_network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/rng.h"
#include "data/fields.h"

namespace gulo {
namespace {

// Of an item's fields, in training.
constexpr double kHidden = 0.05;
// A head that begins with zeros must not have its first, tiny features blown up.
constexpr double kNormEpsilon = 1e-2;
constexpr size_t kItemsAtATime = 256;

at::Tensor tensor_of(const std::vector<int64_t>& places) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(places.size())}, at::kLong);
  std::copy(places.begin(), places.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

at::Tensor as_rows(const std::vector<float>& values, int64_t width) {
  const at::Tensor rows = at::empty({static_cast<int64_t>(values.size()) / width, width}, at::kFloat);
  std::copy(values.begin(), values.end(), rows.mutable_data_ptr<float>());
  return rows;
}

// Where the entries of a field's batch stand among all.
std::vector<int64_t> places_of(const Batch& part, const Batch& whole) {
  std::vector<int64_t> places(whole.owners.size(), 0);
  size_t next = 0;
  for (size_t i = 0; i < whole.owners.size() && next < part.owners.size(); ++i)
    if (part.owners[next] == whole.owners[i]) places[i] = static_cast<int64_t>(++next);
  return places;
}

}  // namespace

FieldsNetwork::FieldsNetwork(FieldsNetworkSpec spec, std::vector<Field> fields, uint64_t seed)
    : spec_(std::move(spec)), fields_(std::move(fields)), multiplications_per_cost_(fields_.size(), 1.) {
  const at::Generator generator = at::detail::createCPUGenerator(seed);
  spec_.fields.clear();
  for (size_t f = 0; f < fields_.size(); ++f) {
    const Field& field = fields_[f];
    spec_.fields.push_back({field.kind, field.network->saved_spec()});
    for (Parameter parameter : field.network->parameters()) {
      parameter.name = "field" + std::to_string(f) + "." + parameter.name;
      parameter.rate_scale = parameter.hidden_matrix ? field.matrix_rate_scale : field.rate_scale;
      parameters_.push_back(std::move(parameter));
    }
    missing_.push_back(add("field" + std::to_string(f) + ".missing", at::zeros({1, spec_.field_width})));
  }
  const int64_t width = static_cast<int64_t>(fields_.size()) * spec_.field_width, hidden = spec_.hidden_width;
  in_ = add("join.in", at::empty({width, hidden}).normal_(0, 1 / std::sqrt(static_cast<double>(width)), generator));
  in_bias_ = add("join.in_bias", at::zeros({hidden}));
  out_ = add("join.out",
             at::empty({hidden, spec_.n_labels}).normal_(0, 0.1 / std::sqrt(static_cast<double>(hidden)), generator));
  out_bias_ = add("join.out_bias", at::zeros({spec_.n_labels}));
  direct_ = add("join.direct", at::zeros({width, spec_.n_labels}));
}

at::Tensor FieldsNetwork::add(const std::string& name, const at::Tensor& value) {
  parameters_.push_back({.name = name, .value = value.set_requires_grad(true)});
  return value;
}

at::Tensor FieldsNetwork::normed(size_t field, const at::Tensor& features, const std::vector<int64_t>& places) const {
  const at::Tensor rows = features.defined() ? at::cat({missing_[field], features}) : missing_[field];
  return at::layer_norm(rows.index_select(0, tensor_of(places)), {spec_.field_width}, {}, {}, kNormEpsilon);
}

at::Tensor FieldsNetwork::join(const std::vector<at::Tensor>& normed, const TrainStep* step,
                               const EntryPart& part) const {
  const at::Tensor x = at::cat(normed, 1);
  at::Tensor hidden = at::addmm(in_bias_, x, in_).relu();
  if (step && step->head_dropout > 0) {
    hidden =
        hidden * kept_units(hidden.sizes(), 0, part, step->head_dropout, at::detail::createCPUGenerator(step->seed));
  }
  return at::addmm(out_bias_, hidden, out_) + at::mm(x, direct_);
}

void FieldsNetwork::hide_some(std::vector<int64_t>& places, uint64_t seed, const EntryPart& part) const {
  Rng rng(seed);
  for (int64_t i = 0; i < part.first; ++i) rng();  // of the entries before a part, one number each
  for (int64_t& place : places)
    if (rng.uniform() < kHidden) place = 0;
}

at::Tensor FieldsNetwork::forward(const Batch& batch, const TrainStep* step) {
  std::vector<at::Tensor> parts;
  for (size_t f = 0; f < fields_.size(); ++f) {
    const Batch& part = batch.fields[f];
    std::vector<int64_t> places = places_of(part, batch);
    at::Tensor features;
    if (!part.owners.empty()) {
      TrainStep own = step ? *step : TrainStep();
      own.seed += f;
      features = fields_[f].network->features(part, step ? &own : nullptr);
      multiplications_per_cost_[f] =
          fields_[f].network->forward_flops(part) / 2 / std::max(1e-9, fields_[f].network->batch_cost(part));
    }
    if (step && fields_.size() > 1) hide_some(places, step->seed * 257 + f, EntryPart(batch));
    parts.push_back(normed(f, features, places));
  }
  return join(parts, step, EntryPart(batch));
}

Batch FieldsNetwork::part(const Batch& batch, int64_t begin, int64_t end) const {
  Batch part = bare_part(batch, begin, end);
  for (size_t f = 0; f < fields_.size(); ++f) {
    const Batch& field = batch.fields[f];
    const std::vector<int64_t> places = places_of(field, batch);
    // Entries of the field that are before an entry of the whole.
    const auto n_before = [&](int64_t entry) {
      return std::count_if(places.begin(), places.begin() + entry, [](int64_t place) { return place > 0; });
    };
    const int64_t first = n_before(begin), last = n_before(end);
    part.fields.push_back(first == last ? Batch() : fields_[f].network->part(field, first, last));
  }
  return part;
}

double FieldsNetwork::forward_flops(const Batch& batch) const {
  const auto join = static_cast<double>(in_.numel() + out_.numel() + direct_.numel());
  double flops = 2 * static_cast<double>(batch.owners.size()) * join;
  for (size_t f = 0; f < fields_.size(); ++f)
    if (!batch.fields[f].owners.empty()) flops += fields_[f].network->forward_flops(batch.fields[f]);
  return flops;
}

std::vector<float> FieldsNetwork::logits(std::span<const ItemView> items, size_t max_windows) {
  const at::NoGradGuard no_grad;
  std::vector<float> all;
  for (size_t begin = 0; begin < items.size(); begin += kItemsAtATime) {
    const auto some = items.subspan(begin, std::min(kItemsAtATime, items.size() - begin));
    std::vector<std::vector<ItemView>> present(fields_.size());
    std::vector<std::vector<int64_t>> places(fields_.size());
    for (const ItemView& item : some) {
      const std::vector<ItemView> views = unpack_fields(item, fields_.size());
      for (size_t f = 0; f < fields_.size(); ++f) {
        if (!is_missing(views[f])) present[f].push_back(views[f]);
        places[f].push_back(is_missing(views[f]) ? 0 : static_cast<int64_t>(present[f].size()));
      }
    }
    std::vector<at::Tensor> parts;
    for (size_t f = 0; f < fields_.size(); ++f) {
      at::Tensor features;
      if (!present[f].empty())
        features = as_rows(fields_[f].network->features_of(present[f], max_windows), spec_.field_width);
      parts.push_back(normed(f, features, places[f]));
    }
    const at::Tensor logits = join(parts, nullptr, EntryPart()).contiguous();
    all.insert(all.end(), logits.const_data_ptr<float>(), logits.const_data_ptr<float>() + logits.numel());
  }
  return all;
}

double FieldsNetwork::logits_cost(std::span<const ItemView> items, size_t max_windows) const {
  double cost = 0;
  for (size_t f = 0; f < fields_.size(); ++f) {
    std::vector<ItemView> present;
    for (const ItemView& item : items)
      if (const ItemView view = unpack_fields(item, fields_.size())[f]; !is_missing(view)) present.push_back(view);
    if (!present.empty()) cost += multiplications_per_cost_[f] * fields_[f].network->logits_cost(present, max_windows);
  }
  return cost;
}

DeepSpec FieldsNetwork::saved_spec() const {
  FieldsNetworkSpec spec = spec_;
  for (size_t f = 0; f < fields_.size(); ++f) spec.fields[f].network = fields_[f].network->saved_spec();
  return spec;
}

}  // namespace gulo
