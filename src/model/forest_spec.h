// The wide part of kind cells as a model file holds it: a forest (kernel/forest.h).
//
// tensors: wide.forest.root U32 [n_trees]            where each tree begins: a branch
//          wide.forest.node U32 [n_nodes, 4]         ForestNode
//          wide.forest.leaf U8  [n_leaves, n_labels] how frequent each label is, in 255ths
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "kernel/forest.h"
#include "model/safetensors.h"

namespace gulo {

struct ForestSpec {
  static constexpr int kMaxTrees = 65536, kMaxNodes = 1 << 28;
  int n_columns = 0;  // of a row
  int n_trees = 0, n_nodes = 0, n_leaves = 0;
  bool operator==(const ForestSpec&) const = default;
};

nlohmann::json to_json(const ForestSpec& spec);
// Throws Error (kData) that names the field: absent, of the wrong type, out of range.
ForestSpec forest_spec_from_json(const nlohmann::json& object);

// Throws Error (kData) that names the tensor: absent, of another type or shape, a branch or column that is not there.
void check_forest_tensors(const ForestSpec& spec, size_t n_labels, const TensorMap& tensors);

// A forest that was trained here. Owns the bytes that `tensors` show.
struct ForestTensors {
  std::vector<uint32_t> roots;
  std::vector<ForestNode> nodes;
  std::vector<uint8_t> leaves;  // [n_leaves, n_labels]

  ForestSpec spec(size_t n_columns, size_t n_labels) const;
  TensorMap tensors(size_t n_labels) const;
};

// What a view shows must outlive it.
ForestView forest_view(const ForestTensors& forest, size_t n_labels);
// Of tensors that have been checked.
ForestView forest_view(const TensorMap& tensors, size_t n_labels);

}  // namespace gulo
