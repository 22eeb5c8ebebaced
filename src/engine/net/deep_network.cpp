#include "engine/net/deep_network.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "engine/net/slot_rows.h"

namespace gulo {
namespace {

void check(bool condition, const std::string& what) {
  require(condition, ErrorKind::kData, "the deep network's " + what, "the model is damaged or of another version");
}

at::Tensor read_tensor(const TensorView& view, const at::Tensor& like, const std::string& name) {
  check(std::equal(view.shape.begin(), view.shape.end(), like.sizes().begin(), like.sizes().end(),
                   [](uint64_t a, int64_t b) { return a == static_cast<uint64_t>(b); }),
        "tensor " + name + " has the wrong shape");
  check(view.dtype == "F32" || view.dtype == "BF16", "tensor " + name + " is neither F32 nor BF16");
  const at::Tensor stored = at::empty(like.sizes(), view.dtype == "F32" ? at::kFloat : at::kBFloat16);
  check(view.bytes.size() == stored.nbytes(), "tensor " + name + " has the wrong size");
  if (!view.bytes.empty()) std::memcpy(stored.mutable_data_ptr(), view.bytes.data(), view.bytes.size());
  return stored.to(at::kFloat);
}

}  // namespace

at::Tensor DeepNetwork::loss(const Batch& batch, const BatchTargets& targets, const TrainStep& step) {
  return task_loss(forward(batch, &step), targets, step.label_smoothing);
}

at::Tensor DeepNetwork::forward_slots(const SlotBatch&, const TrainStep*) {
  throw Error(ErrorKind::kDevice, "networks of this kind compute on the CPU only", "use --device cpu");
}

at::Tensor DeepNetwork::loss_of_slots(const SlotBatch& batch, const BatchTargets& targets, const TrainStep& step) {
  return slot_loss(forward_slots(batch, &step), targets, step.label_smoothing);
}

void DeepNetwork::to(const at::Device& device) {
  // In place, as networks hold the tensors under a second name.
  for (Parameter& parameter : parameters_) parameter.value.set_data(parameter.value.detach().to(device));
}

std::vector<double> DeepNetwork::entry_costs(const Batch& batch) const {
  std::vector<double> costs(batch.owners.size(), 1);
  for (size_t i = 0; i < batch.begins.size(); ++i) costs[i] = batch.ends[i] - batch.begins[i] + 1;
  return costs;
}

int64_t DeepNetwork::n_parameters() const {
  int64_t n = 0;
  for (const Parameter& parameter : parameters_) n += parameter.value.numel();
  return n;
}

ParameterBuffers DeepNetwork::export_parameters() const {
  ParameterBuffers buffers;
  for (const Parameter& parameter : parameters_) {
    const at::Tensor value =
        parameter.value.detach().cpu().to(parameter.hidden_matrix ? at::kBFloat16 : at::kFloat).contiguous();
    std::vector<uint8_t>& bytes = buffers.storage.emplace_back(value.nbytes());
    if (!bytes.empty()) std::memcpy(bytes.data(), value.const_data_ptr(), bytes.size());
    TensorView& view = buffers.tensors["deep." + parameter.name];
    view.dtype = parameter.hidden_matrix ? "BF16" : "F32";
    view.shape.assign(value.sizes().begin(), value.sizes().end());
    view.bytes = bytes;
  }
  return buffers;
}

void DeepNetwork::import_parameters(const TensorMap& tensors) {
  for (Parameter& parameter : parameters_) {
    const std::string name = "deep." + parameter.name;
    const auto found = tensors.find(name);
    check(found != tensors.end(), "tensor " + name + " is absent");
    const at::Tensor stored = read_tensor(found->second, parameter.value, name);
    // In place, as networks may hold the tensor under a second name.
    parameter.value.detach().copy_(stored);
  }
}

}  // namespace gulo
