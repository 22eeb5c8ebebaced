#include "engine/train/saved_parts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/net/make_network.h"

namespace gulo {
namespace {

constexpr size_t kNodeWords = sizeof(ForestNode) / sizeof(uint32_t);

// What a state is made of and what is made of a state, both ways by one list of names for each part.
struct Saver {
  TrainingState& state;

  template <class T>
  void fact(const char* name, const T& value) const {
    state.facts[name] = value;
  }
  template <class T>
  void values(const char* name, const std::vector<T>& values) const {
    state.put_values(name, values);
  }
  void values(const char* name, const std::vector<ForestNode>& nodes) const {
    std::vector<uint32_t> words(nodes.size() * kNodeWords);
    if (!nodes.empty()) std::memcpy(words.data(), nodes.data(), nodes.size() * sizeof(ForestNode));
    state.put_values(name, words);
  }
};

struct Loader {
  const TrainingState& state;

  template <class T>
  void fact(const char* name, T& value) const {
    value = state.fact<T>(name);
  }
  template <class T>
  void values(const char* name, std::vector<T>& values) const {
    values = state.values<T>(name);
  }
  void values(const char* name, std::vector<ForestNode>& nodes) const {
    const std::vector<uint32_t> words = state.values<uint32_t>(name);
    nodes.resize(words.size() / kNodeWords);
    if (!nodes.empty()) std::memcpy(nodes.data(), words.data(), nodes.size() * sizeof(ForestNode));
  }
};

// A part, const to be saved.
template <class Part, class Result>
concept IsA = std::same_as<std::remove_const_t<Part>, Result>;

template <class Way, IsA<WideResult> Wide>
void exchange(const Way& way, Wide& wide) {
  way.fact("recipe", wide.recipe);
  way.fact("epochs", wide.epochs);
  way.fact("seconds", wide.seconds);
  way.fact("valid_error", wide.valid_error);
  way.fact("refits", wide.refits);
  way.fact("quantisation_cost", wide.quantisation_cost);
  way.fact("parameters", wide.n_parameters);
  way.fact("twin", wide.twin);
  way.values("present", wide.tensors.present);
  way.values("scale", wide.tensors.scale);
  way.values("bias", wide.tensors.bias);
  way.values("weight", wide.tensors.weight);
  way.values("valid_logits", wide.valid_logits);
}

template <class Way, IsA<BankResult> Bank>
void exchange(const Way& way, Bank& bank) {
  way.fact("penalty", bank.penalty);
  way.fact("loo_error", bank.loo_error);
  way.fact("valid_error", bank.valid_error);
  way.fact("seconds", bank.seconds);
  way.fact("refitted", bank.refitted);
  way.fact("parameters", bank.n_parameters);
  way.values("channels", bank.tensors.channels);
  way.values("biases", bank.tensors.biases);
  way.values("weights", bank.tensors.weights);
  way.values("offsets", bank.tensors.offsets);
  way.values("valid_logits", bank.valid_logits);
  way.values("loo_logits", bank.loo_logits);
  way.values("loo_items", bank.loo_items);
}

template <class Way, IsA<ForestResult> Forest>
void exchange(const Way& way, Forest& forest) {
  way.fact("least_rows", forest.growth.least_rows);
  way.fact("n_cuts", forest.growth.n_cuts);
  way.fact("valid_error", forest.valid_error);
  way.fact("seconds", forest.seconds);
  way.fact("refitted", forest.refitted);
  way.values("roots", forest.tensors.roots);
  way.values("nodes", forest.tensors.nodes);
  way.values("leaves", forest.tensors.leaves);
  way.values("valid_logits", forest.valid_logits);
}

template <class Way, IsA<DeepResult> Deep>
void exchange(const Way& way, Deep& deep) {
  way.fact("valid_error", deep.valid_error);
  way.fact("steps", deep.steps);
  way.fact("epochs", deep.epochs);
  way.fact("model_flops", deep.model_flops);
  way.fact("loop_seconds", deep.loop_seconds);
  way.fact("gemm_peak_flops_per_s", deep.gemm_peak_flops_per_s);
  way.fact("flop_utilisation", deep.flop_utilisation);
  way.fact("feed_overhead", deep.feed_overhead);
  way.values("valid_logits", deep.valid_logits);
}

at::Tensor tensor_of(const TensorView& view) {
  const std::vector<int64_t> shape(view.shape.begin(), view.shape.end());
  const at::Tensor tensor = at::empty(shape, view.dtype == "BF16" ? at::kBFloat16 : at::kFloat);
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

template <class Part>
TrainingState save(const Part& part) {
  TrainingState state;
  exchange(Saver{state}, part);
  return state;
}

TrainingState save_deep(const DeepResult& deep) {
  TrainingState state = save(deep);
  const ParameterBuffers buffers = deep.network->export_parameters();
  for (const auto& [name, view] : buffers.tensors) state.tensors[name] = tensor_of(view);
  return state;
}

template <class Part, class Spec>
Part load(const TrainingState& state, const Spec& spec) {
  Part part;
  part.spec = spec;
  exchange(Loader{state}, part);
  return part;
}

std::optional<WidePart> load_wide(const TrainingState& state, const ModelSpec& spec) {
  if (spec.wide) return load<WideResult>(state, *spec.wide);
  if (spec.bank) return load<BankResult>(state, *spec.bank);
  if (spec.forest) return load<ForestResult>(state, *spec.forest);
  return {};
}

DeepResult load_deep(const TrainingState& state, const DeepSpec& spec, at::ScalarType dtype) {
  DeepResult deep;
  exchange(Loader{state}, deep);
  TensorMap tensors;
  for (const auto& [name, tensor] : state.tensors) tensors[name] = view_of(tensor);
  deep.network = load_network(spec, tensors, dtype);
  return deep;
}

}  // namespace

TrainingState save_parts(const std::optional<WidePart>& wide, const std::optional<DeepResult>& deep, ModelSpec spec) {
  TrainingState state;
  if (wide) {
    put_spec(*wide, spec);
    state.put("wide", std::visit([](const auto& part) { return save(part); }, *wide));
  }
  if (deep) {
    spec.deep = deep->network->saved_spec();
    state.put("deep", save_deep(*deep));
  }
  if (wide || deep) state.facts["spec"] = to_json(spec);
  return state;
}

TrainedParts load_parts(const TrainingState& state, at::ScalarType dtype) {
  TrainedParts parts;
  if (!state.facts.contains("spec")) return parts;
  const ModelSpec spec = model_spec_from_json(state.facts["spec"]);
  if (const auto wide = state.part("wide")) parts.wide = load_wide(*wide, spec);
  if (const auto deep = state.part("deep"); deep && spec.deep) parts.deep = load_deep(*deep, *spec.deep, dtype);
  return parts;
}

}  // namespace gulo
