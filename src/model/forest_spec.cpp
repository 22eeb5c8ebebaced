#include "model/forest_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "model/json_fields.h"
#include "model/json_text.h"

namespace gulo {
namespace {

constexpr const char *kRoots = "wide.forest.root", *kNodes = "wide.forest.node", *kLeaves = "wide.forest.leaf";

}  // namespace

nlohmann::json to_json(const ForestSpec& spec) {
  return {
      {"n_columns", spec.n_columns}, {"n_trees", spec.n_trees}, {"n_nodes", spec.n_nodes}, {"n_leaves", spec.n_leaves}};
}

ForestSpec forest_spec_from_json(const nlohmann::json& object) {
  const Fields fields(object, "spec.wide.forest");
  ForestSpec spec;
  spec.n_columns = fields.integer("n_columns", 1, 65536);
  spec.n_trees = fields.integer("n_trees", 1, ForestSpec::kMaxTrees);
  spec.n_nodes = fields.integer("n_nodes", 0, ForestSpec::kMaxNodes);
  spec.n_leaves = fields.integer("n_leaves", 1, ForestSpec::kMaxNodes);
  return spec;
}

void check_forest_tensors(const ForestSpec& spec, size_t n_labels, const TensorMap& tensors) {
  const auto n_trees = static_cast<uint64_t>(spec.n_trees), n_nodes = static_cast<uint64_t>(spec.n_nodes),
             n_leaves = static_cast<uint64_t>(spec.n_leaves);
  require_tensor(tensors, kLeaves, "U8", {n_leaves, n_labels});
  const auto* roots = require_tensor(tensors, kRoots, "U32", {n_trees}).as<uint32_t>();
  const auto* nodes = require_tensor(tensors, kNodes, "U32", {n_nodes, 4}).as<ForestNode>();
  const auto is_branch = [&](uint32_t branch, uint64_t first_node) {
    if (branch >= ForestNode::kLeafBit) return branch - ForestNode::kLeafBit < n_leaves;
    return branch >= first_node && branch < n_nodes;
  };
  require_valid(std::all_of(roots, roots + n_trees, [&](uint32_t root) { return is_branch(root, 0); }),
                fmt::format("tensor '{}' names a branch that is not there", kRoots));
  for (uint64_t i = 0; i < n_nodes; ++i) {
    require_valid(is_branch(nodes[i].branches[0], i + 1) && is_branch(nodes[i].branches[1], i + 1),
                  fmt::format("tensor '{}', row {}: a branch is not there, or not after it", kNodes, i));
    require_valid(nodes[i].column() < static_cast<uint32_t>(spec.n_columns),
                  fmt::format("tensor '{}', row {}: column {} is not there", kNodes, i, nodes[i].column()));
  }
}

ForestSpec ForestTensors::spec(size_t n_columns, size_t n_labels) const {
  return {static_cast<int>(n_columns), static_cast<int>(roots.size()), static_cast<int>(nodes.size()),
          static_cast<int>(leaves.size() / n_labels)};
}

TensorMap ForestTensors::tensors(size_t n_labels) const {
  return {{kRoots, {"U32", {roots.size()}, bytes_of(roots)}},
          {kNodes, {"U32", {nodes.size(), 4}, bytes_of(nodes)}},
          {kLeaves, {"U8", {leaves.size() / n_labels, n_labels}, leaves}}};
}

ForestView forest_view(const ForestTensors& forest, size_t n_labels) {
  return {forest.roots, forest.nodes.data(), forest.leaves.data(), n_labels};
}

ForestView forest_view(const TensorMap& tensors, size_t n_labels) {
  const TensorView& roots = tensors.at(kRoots);
  return {{roots.as<uint32_t>(), roots.n_elements()},
          tensors.at(kNodes).as<ForestNode>(),
          tensors.at(kLeaves).as<uint8_t>(),
          n_labels};
}

}  // namespace gulo
