// Networks of every kind from what a model file holds.
#pragma once

#include <memory>

#include "engine/net/deep_network.h"

namespace gulo {

// Throws Error (kData) where the spec cannot be a network, or a tensor "deep.*" is absent or of the wrong shape or
// type.
std::unique_ptr<DeepNetwork> load_network(const DeepSpec& spec, const TensorMap& tensors, at::ScalarType dtype);

}  // namespace gulo
