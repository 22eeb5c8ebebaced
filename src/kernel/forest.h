// A forest of extremely randomised trees (Geurts, Ernst and Wehenkel 2006) at work: they cut the rows of a table at
// random places.
//
// logits[k] = log(kLeastFrequency + mean over trees of the frequency of label k in the leaf that the row falls into).
// A branch is the number of a node, or kLeafBit + the number of a leaf. A node's branches lead to nodes after it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/rng.h"

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
  float number = NAN;  // NaN: none
  uint32_t hash = 0;   // of the text; looked at by cuts of values alone
};

uint32_t forest_hash(std::string_view text);

inline bool takes_first(const ForestNode& node, const ForestCell& cell) {
  if (node.kind() == ForestCut::kValue) return (Rng(uint64_t{node.at} << 32 | cell.hash)() & 1) != 0;
  if (std::isnan(cell.number)) return node.kind() == ForestCut::kBelowOrMissing;
  return cell.number < std::bit_cast<float>(node.at);
}

// What it shows must outlive it.
struct ForestView {
  static constexpr double kLeastFrequency = 0.002;
  std::span<const uint32_t> roots;  // [n_trees] where each tree begins: a branch
  const ForestNode* nodes;
  const uint8_t* leaves;  // [n_leaves, n_labels] how frequent each label is, in 255ths
  size_t n_labels;
};

// logits: [n_labels]. cells: [n_columns], a row's.
void forest_logits(const ForestView& forest, std::span<const ForestCell> cells, float* logits);

}  // namespace gulo
