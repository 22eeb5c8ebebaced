// model.gulo: a safetensors file with the ModelSpec as metadata "gulo" (docs/model-format.md).
//
// tensors: wide.present U8 [2^log2_rows / 8]   bit r: row r was kept (LSB first)
//          wide.scale   F32 [n_rows]           one per kept row, in row order
//          wide.weight  I8  [n_rows, n_labels] weight[r][k] * scale[r]
//          wide.bias    F32 [n_labels]
//          deep.*       F32 or BF16            the network's parameters by name (engine/net)
#pragma once

#include <string>

#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

struct Model {
  ModelSpec spec;
  SafetensorsFile file;  // keeps the tensors mapped
  const TensorMap& tensors() const { return file.tensors; }
};

// Throws Error (kData): not a gulo model, newer format, damaged, tensors that do not fit the spec.
Model load_model(const std::string& path);
// Replaces the file at `path` whole or not at all. Throws Error (kDevice).
void save_model(const std::string& path, const ModelSpec& spec, const TensorMap& tensors);

}  // namespace gulo
