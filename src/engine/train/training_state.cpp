#include "engine/train/training_state.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace gulo {
namespace {

constexpr const char* kFacts = "gulo_training";
constexpr int kVersion = 2;
constexpr const char* kHint = "leave --resume out to begin anew";

constexpr std::pair<at::ScalarType, const char*> kTypes[] = {
    {at::kFloat, "F32"}, {at::kLong, "I64"},   {at::kInt, "I32"},      {at::kByte, "U8"},
    {at::kChar, "I8"},   {at::kDouble, "F64"}, {at::kBFloat16, "BF16"}};

at::Tensor tensor_of(const TensorView& view, const std::string& name, const std::string& path) {
  const auto type = std::ranges::find_if(kTypes, [&](const auto& known) { return view.dtype == known.second; });
  require(type != std::end(kTypes), ErrorKind::kData, "tensor '" + name + "' is of type " + view.dtype, kHint, path);
  const std::vector<int64_t> shape(view.shape.begin(), view.shape.end());
  const at::Tensor tensor = at::empty(shape, type->first);
  if (!view.bytes.empty()) std::memcpy(tensor.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

// Numbers are kept as the signed ones of their size, which ATen knows.
template <class T>
constexpr at::ScalarType type_for() {
  static_assert(std::is_arithmetic_v<T>);
  if constexpr (std::is_same_v<T, float>) return at::kFloat;
  return sizeof(T) == 8 ? at::kLong : sizeof(T) == 4 ? at::kInt : std::is_signed_v<T> ? at::kChar : at::kByte;
}

}  // namespace

TensorView view_of(const at::Tensor& tensor) {
  TensorView view;
  view.dtype = std::ranges::find(kTypes, tensor.scalar_type(), &std::pair<at::ScalarType, const char*>::first)->second;
  view.shape.assign(tensor.sizes().begin(), tensor.sizes().end());
  view.bytes = {static_cast<const uint8_t*>(tensor.const_data_ptr()), tensor.nbytes()};
  return view;
}

void TrainingState::refuse(const std::string& what) { throw Error(ErrorKind::kData, "the checkpoint " + what, kHint); }

void TrainingState::put(const std::string& name, const TrainingState& part) {
  facts[name] = part.facts;
  for (const auto& [key, tensor] : part.tensors) tensors[name + "." + key] = tensor;
}

std::optional<TrainingState> TrainingState::part(const std::string& name) const {
  if (!facts.contains(name)) return {};
  TrainingState part;
  part.facts = facts[name];
  const std::string prefix = name + ".";
  for (auto it = tensors.lower_bound(prefix); it != tensors.end() && it->first.starts_with(prefix); ++it)
    part.tensors[it->first.substr(prefix.size())] = it->second;
  return part;
}

const at::Tensor& TrainingState::tensor(const std::string& name) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) refuse("has no tensor '" + name + "'");
  return found->second;
}

void TrainingState::copy_tensor(const std::string& name, at::Tensor to) const {
  const at::Tensor& from = tensor(name);
  if (from.sizes() != to.sizes() || from.scalar_type() != to.scalar_type())
    refuse("does not fit the network: tensor '" + name + "' is of another shape");
  to.copy_(from);
}

template <class T>
void TrainingState::put_values(const std::string& name, const std::vector<T>& values) {
  const at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, type_for<T>());
  if (!values.empty()) std::memcpy(tensor.mutable_data_ptr(), values.data(), values.size() * sizeof(T));
  tensors[name] = tensor;
}

template <class T>
std::vector<T> TrainingState::values(const std::string& name) const {
  const at::Tensor& from = tensor(name);
  if (from.scalar_type() != type_for<T>() || from.dim() != 1) refuse("'" + name + "' is of the wrong type");
  std::vector<T> values(static_cast<size_t>(from.numel()));
  if (!values.empty()) std::memcpy(values.data(), from.const_data_ptr(), values.size() * sizeof(T));
  return values;
}

template void TrainingState::put_values(const std::string&, const std::vector<float>&);
template void TrainingState::put_values(const std::string&, const std::vector<int8_t>&);
template void TrainingState::put_values(const std::string&, const std::vector<uint8_t>&);
template void TrainingState::put_values(const std::string&, const std::vector<uint32_t>&);
template void TrainingState::put_values(const std::string&, const std::vector<uint64_t>&);
template std::vector<float> TrainingState::values(const std::string&) const;
template std::vector<int8_t> TrainingState::values(const std::string&) const;
template std::vector<uint8_t> TrainingState::values(const std::string&) const;
template std::vector<uint32_t> TrainingState::values(const std::string&) const;
template std::vector<uint64_t> TrainingState::values(const std::string&) const;

void save_training_state(const std::string& path, const TrainingState& state) {
  TensorMap tensors;
  for (const auto& [name, tensor] : state.tensors) tensors[name] = view_of(tensor);
  const nlohmann::json facts{{"version", kVersion}, {"facts", state.facts}};
  write_safetensors(path, tensors, {{kFacts, facts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}});
}

TrainingState share_training_state(Cluster& cluster, const TrainingState& state) {
  nlohmann::json list = nlohmann::json::array();
  for (const auto& [name, tensor] : state.tensors)
    list.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
  const nlohmann::json first = nlohmann::json::parse(cluster.agree(nlohmann::json::array({state.facts, list}).dump()));
  TrainingState shared;
  shared.facts = first[0];
  for (const auto& [name, type, shape] :
       first[1].get<std::vector<std::tuple<std::string, int, std::vector<int64_t>>>>()) {
    const at::Tensor tensor =
        cluster.is_first() ? state.tensors.at(name) : at::empty(shape, static_cast<at::ScalarType>(type));
    if (tensor.numel() > 0) cluster.broadcast(tensor);
    shared.tensors[name] = tensor;
  }
  return shared;
}

TrainingState load_training_state(const std::string& path) {
  const SafetensorsFile file = read_safetensors(path);
  const auto text = file.metadata.find(kFacts);
  require(text != file.metadata.end() && file.metadata.contains("xxh3"), ErrorKind::kData,
          "is no checkpoint of a training", kHint, path);
  nlohmann::json facts = nlohmann::json::parse(text->second, nullptr, false);
  require(facts.is_object() && facts.contains("facts") && facts["facts"].is_object(), ErrorKind::kData,
          "is a damaged checkpoint", kHint, path);
  require(facts.value("version", 0) == kVersion, ErrorKind::kData, "is a checkpoint of another version of gulo",
          "resume with the version that wrote it, or leave --resume out to begin anew", path);
  TrainingState state;
  state.facts = std::move(facts["facts"]);
  for (const auto& [name, view] : file.tensors) state.tensors[name] = tensor_of(view, name, path);
  return state;
}

}  // namespace gulo
