#include "model/convolution_bank_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "model/json_fields.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

// One number a group.
std::vector<int> of_groups(const Fields& fields, const char* key, int high) {
  const std::vector<int> values = fields.integers(key, 1, high);
  require_valid(!values.empty() && values.size() <= ConvolutionBankSpec::kMaxGroups,
                fmt::format("{} are {}, but must be from 1 to {}", fields.name(key), values.size(),
                            ConvolutionBankSpec::kMaxGroups));
  return values;
}

}  // namespace

size_t ConvolutionBankSpec::n_features() const {
  return kConvolutionKernels * std::accumulate(n_biases.begin(), n_biases.end(), size_t{0},
                                               [](size_t sum, int n) { return sum + static_cast<size_t>(n); });
}

json to_json(const ConvolutionBankSpec& spec) {
  return {{"n_channels", spec.n_channels}, {"dilations", spec.dilations}, {"n_biases", spec.n_biases}};
}

ConvolutionBankSpec convolution_bank_spec_from_json(const json& object, const std::string& where) {
  using Spec = ConvolutionBankSpec;
  const Fields fields(object, where);
  Spec spec;
  spec.n_channels = fields.integer("n_channels", 1, Spec::kMaxChannels);
  spec.dilations = of_groups(fields, "dilations", Spec::kMaxDilation);
  spec.n_biases = of_groups(fields, "n_biases", Spec::kMaxBiases);
  require_valid(
      spec.n_biases.size() == spec.dilations.size(),
      fmt::format("{}.n_biases are {}, but {}.dilations are {}", where, spec.n_biases.size(), where, spec.n_groups()));
  return spec;
}

std::vector<BankTensorShape> bank_tensor_shapes(const ConvolutionBankSpec& spec, size_t n_labels) {
  const auto n_channels = static_cast<uint64_t>(spec.n_channels);
  return {{"wide.bank.channels", "U8", {spec.n_groups(), n_channels}},
          {"wide.bank.bias", "F32", {spec.n_features()}},
          {"wide.bank.weight", "F32", {spec.n_features(), n_labels}},
          {"wide.bank.offset", "F32", {n_labels}}};
}

void check_bank_tensors(const ConvolutionBankSpec& spec, size_t n_labels, const TensorMap& tensors) {
  for (const BankTensorShape& wanted : bank_tensor_shapes(spec, n_labels))
    require_tensor(tensors, wanted.name, wanted.dtype, wanted.shape);
  const auto& channels = tensors.at("wide.bank.channels").bytes;
  require_valid(std::all_of(channels.begin(), channels.end(), [](uint8_t used) { return used <= 1; }),
                "tensor 'wide.bank.channels' holds other numbers than 0 and 1");
}

TensorMap BankTensors::tensors(const ConvolutionBankSpec& spec) const {
  const std::span<const uint8_t> bytes[] = {bytes_of(channels), bytes_of(biases), bytes_of(weights), bytes_of(offsets)};
  TensorMap map;
  size_t i = 0;
  for (const BankTensorShape& tensor : bank_tensor_shapes(spec, offsets.size()))
    map[tensor.name] = {tensor.dtype, tensor.shape, bytes[i++]};
  return map;
}

ConvolutionBank bank_view(const ConvolutionBankSpec& spec, const uint8_t* channels, const float* biases) {
  return {static_cast<size_t>(spec.n_channels),
          spec.n_groups(),
          spec.dilations.data(),
          spec.n_biases.data(),
          channels,
          biases};
}

}  // namespace gulo
