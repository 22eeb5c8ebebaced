#include "engine/train/saved_parts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/net/make_network.h"

namespace gulo {
namespace {

TrainingState save(const WideResult& wide) {
  TrainingState state;
  state.facts = {{"recipe", wide.recipe},           {"epochs", wide.epochs},
                 {"seconds", wide.seconds},         {"valid_error", wide.valid_error},
                 {"refitted", wide.refitted},       {"quantisation_cost", wide.quantisation_cost},
                 {"parameters", wide.n_parameters}, {"twin", wide.twin}};
  state.put_values("present", wide.tensors.present);
  state.put_values("scale", wide.tensors.scale);
  state.put_values("bias", wide.tensors.bias);
  state.put_values("weight", wide.tensors.weight);
  state.put_values("valid_logits", wide.valid_logits);
  return state;
}

WideResult load_wide(const TrainingState& state, const WideSpec& spec) {
  WideResult wide;
  wide.spec = spec;
  wide.recipe = state.fact<std::string>("recipe");
  wide.epochs = state.fact<double>("epochs");
  wide.seconds = state.fact<double>("seconds");
  wide.valid_error = state.fact<double>("valid_error");
  wide.refitted = state.fact<bool>("refitted");
  wide.quantisation_cost = state.fact<double>("quantisation_cost");
  wide.n_parameters = state.fact<uint64_t>("parameters");
  wide.twin = state.fact<bool>("twin");
  wide.tensors.present = state.values<uint8_t>("present");
  wide.tensors.scale = state.values<float>("scale");
  wide.tensors.bias = state.values<float>("bias");
  wide.tensors.weight = state.values<int8_t>("weight");
  wide.valid_logits = state.values<float>("valid_logits");
  return wide;
}

TrainingState save(const BankResult& bank) {
  TrainingState state;
  state.facts = {{"penalty", bank.penalty}, {"loo_error", bank.loo_error}, {"valid_error", bank.valid_error},
                 {"seconds", bank.seconds}, {"refitted", bank.refitted},   {"parameters", bank.n_parameters}};
  state.put_values("channels", bank.tensors.channels);
  state.put_values("biases", bank.tensors.biases);
  state.put_values("weights", bank.tensors.weights);
  state.put_values("offsets", bank.tensors.offsets);
  state.put_values("valid_logits", bank.valid_logits);
  state.put_values("loo_logits", bank.loo_logits);
  state.put_values("loo_items", bank.loo_items);
  return state;
}

BankResult load_bank(const TrainingState& state, const ConvolutionBankSpec& spec) {
  BankResult bank;
  bank.spec = spec;
  bank.penalty = state.fact<double>("penalty");
  bank.loo_error = state.fact<double>("loo_error");
  bank.valid_error = state.fact<double>("valid_error");
  bank.seconds = state.fact<double>("seconds");
  bank.refitted = state.fact<bool>("refitted");
  bank.n_parameters = state.fact<uint64_t>("parameters");
  bank.tensors.channels = state.values<uint8_t>("channels");
  bank.tensors.biases = state.values<float>("biases");
  bank.tensors.weights = state.values<float>("weights");
  bank.tensors.offsets = state.values<float>("offsets");
  bank.valid_logits = state.values<float>("valid_logits");
  bank.loo_logits = state.values<float>("loo_logits");
  bank.loo_items = state.values<uint32_t>("loo_items");
  return bank;
}

at::Tensor tensor_of(const TensorView& view) {
  const std::vector<int64_t> shape(view.shape.begin(), view.shape.end());
  const at::Tensor tensor = at::empty(shape, view.dtype == "BF16" ? at::kBFloat16 : at::kFloat);
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

TensorView view_of(const at::Tensor& tensor) {
  const std::vector<uint64_t> shape(tensor.sizes().begin(), tensor.sizes().end());
  return {tensor.scalar_type() == at::kBFloat16 ? "BF16" : "F32",
          shape,
          {static_cast<const uint8_t*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

TrainingState save(const DeepResult& deep) {
  TrainingState state;
  state.facts = {{"valid_error", deep.valid_error},
                 {"steps", deep.steps},
                 {"epochs", deep.epochs},
                 {"model_flops", deep.model_flops},
                 {"loop_seconds", deep.loop_seconds},
                 {"gemm_peak_flops_per_s", deep.gemm_peak_flops_per_s},
                 {"flop_utilisation", deep.flop_utilisation},
                 {"feed_overhead", deep.feed_overhead}};
  state.put_values("valid_logits", deep.valid_logits);
  const ParameterBuffers buffers = deep.network->export_parameters();
  for (const auto& [name, view] : buffers.tensors) state.tensors[name] = tensor_of(view);
  return state;
}

DeepResult load_deep(const TrainingState& state, const DeepSpec& spec, at::ScalarType dtype) {
  DeepResult deep;
  deep.valid_error = state.fact<double>("valid_error");
  deep.steps = state.fact<int64_t>("steps");
  deep.epochs = state.fact<double>("epochs");
  deep.model_flops = state.fact<double>("model_flops");
  deep.loop_seconds = state.fact<double>("loop_seconds");
  deep.gemm_peak_flops_per_s = state.fact<double>("gemm_peak_flops_per_s");
  deep.flop_utilisation = state.fact<double>("flop_utilisation");
  deep.feed_overhead = state.fact<double>("feed_overhead");
  deep.valid_logits = state.values<float>("valid_logits");
  TensorMap tensors;
  for (const auto& [name, tensor] : state.tensors) tensors[name] = view_of(tensor);
  deep.network = load_network(spec, tensors, dtype);
  return deep;
}

}  // namespace

TrainingState save_parts(const std::optional<WideResult>& wide, const std::optional<BankResult>& bank,
                         const std::optional<DeepResult>& deep, ModelSpec spec) {
  TrainingState state;
  if (wide) {
    spec.wide = wide->spec;
    state.put("wide", save(*wide));
  }
  if (bank) {
    spec.bank = bank->spec;
    state.put("bank", save(*bank));
  }
  if (deep) {
    spec.deep = deep->network->saved_spec();
    state.put("deep", save(*deep));
  }
  if (wide || bank || deep) state.facts["spec"] = to_json(spec);
  return state;
}

TrainedParts load_parts(const TrainingState& state, at::ScalarType dtype) {
  TrainedParts parts;
  if (!state.facts.contains("spec")) return parts;
  const ModelSpec spec = model_spec_from_json(state.facts["spec"]);
  if (const auto wide = state.part("wide"); wide && spec.wide) parts.wide = load_wide(*wide, *spec.wide);
  if (const auto bank = state.part("bank"); bank && spec.bank) parts.bank = load_bank(*bank, *spec.bank);
  if (const auto deep = state.part("deep"); deep && spec.deep) parts.deep = load_deep(*deep, *spec.deep, dtype);
  return parts;
}

}  // namespace gulo
