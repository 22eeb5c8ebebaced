#include "engine/net/make_network.h"

#include "engine/net/byte_network.h"
#include "engine/net/cell_network.h"
#include "engine/net/fields_network.h"
#include "engine/net/pixel_network.h"
#include "engine/net/sample_network.h"

namespace gulo {
namespace {

std::unique_ptr<DeepNetwork> make(const ByteNetworkSpec& spec, at::ScalarType dtype) {
  return std::make_unique<ByteNetwork>(spec, 0, dtype);
}

std::unique_ptr<DeepNetwork> make(const SampleNetworkSpec& spec, at::ScalarType dtype) {
  return std::make_unique<SampleNetwork>(spec, 0, dtype);
}

std::unique_ptr<DeepNetwork> make(const PixelNetworkSpec& spec, at::ScalarType dtype) {
  return std::make_unique<PixelNetwork>(spec, 0, dtype);
}

std::unique_ptr<DeepNetwork> make(const CellNetworkSpec& spec, at::ScalarType) {
  return std::make_unique<CellNetwork>(spec, 0);
}

std::unique_ptr<DeepNetwork> make(const FieldsNetworkSpec& spec, at::ScalarType dtype) {
  std::vector<FieldsNetwork::Field> fields;
  for (const FieldSpec& field : spec.fields)
    fields.push_back({field.kind, std::visit([&](const auto& kind) { return make(kind, dtype); }, field.network)});
  return std::make_unique<FieldsNetwork>(spec, std::move(fields), 0);
}

}  // namespace

std::unique_ptr<DeepNetwork> load_network(const DeepSpec& spec, const TensorMap& tensors, at::ScalarType dtype) {
  auto network = std::visit([&](const auto& kind) { return make(kind, dtype); }, spec);
  network->import_parameters(tensors);
  return network;
}

}  // namespace gulo
