// The wide part of kind cells as a model file holds it: a forest of extremely randomised trees (Geurts, Ernst and
// Wehenkel 2006), which cut the rows of a table at random places.
//
// tensors: wide.forest.root U32 [n_trees]            where each tree begins: a branch
//          wide.forest.node U32 [n_nodes, 4]         ForestNode
//          wide.forest.leaf U8  [n_leaves, n_labels] how frequent each label is, in 255ths
// A branch is the number of a node, or kLeafBit + the number of a leaf. A node's branches lead to nodes after it.
// logits[k] = log(kLeastFrequency + mean over trees of the frequency of label k in the leaf that the row falls into).
#pragma once

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "model/safetensors.h"

namespace gulo {

// What takes a row to a node's first branch; otherwise it takes the second.
enum class ForestCut : uint32_t {
  kBelow,           // the column's number is below `at`, which holds a float's bits
  kBelowOrMissing,  // or there is none
  kValue,           // one half of all values, which `at` draws
};

struct ForestNode {
  static constexpr uint32_t kLeafBit = uint32_t{1} << 31;
  static constexpr uint32_t kCuts = 3;

  uint32_t cut;  // kCuts * column + the ForestCut
  uint32_t at;
  uint32_t branches[2];

  ForestCut kind() const { return static_cast<ForestCut>(cut % kCuts); }
  uint32_t column() const { return cut / kCuts; }
};

// A cell as a node looks at it.
struct ForestCell {
  float number;   // NaN: none
  uint32_t hash;  // of the text; looked at by cuts of values alone
};

uint32_t forest_hash(std::string_view text);
inline bool is_below(float number, float at, bool or_missing) { return std::isnan(number) ? or_missing : number < at; }
inline bool is_in_half(uint32_t hash, uint32_t at) { return (Rng(uint64_t{at} << 32 | hash)() & 1) != 0; }
bool takes_first(const ForestNode& node, const ForestCell& cell);

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

// What it shows must outlive it.
struct ForestView {
  static constexpr double kLeastFrequency = 0.002;
  std::span<const uint32_t> roots;
  const ForestNode* nodes;
  const uint8_t* leaves;
  size_t n_labels;
};
ForestView forest_view(const ForestTensors& forest, size_t n_labels);
// Of tensors that have been checked.
ForestView forest_view(const TensorMap& tensors, size_t n_labels);

// logits: [n_labels]. cells: [n_columns], a row's.
void forest_logits(const ForestView& forest, std::span<const ForestCell> cells, float* logits);

}  // namespace gulo
