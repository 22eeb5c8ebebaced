#include "kernel/forest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gulo {
namespace {

constexpr uint32_t kLeaf = ForestNode::kLeafBit;

ForestNode number_node(uint32_t column, ForestCut cut, float at, uint32_t first, uint32_t second) {
  return {ForestNode::kCuts * column + static_cast<uint32_t>(cut), std::bit_cast<uint32_t>(at), {first, second}};
}

// By two trees: column 0 below 2 or missing, then column 1 below -1; and a tree of one leaf.
std::vector<float> answer(float a, float b) {
  const std::vector<uint32_t> roots = {0, kLeaf + 2};
  const std::vector<ForestNode> nodes = {number_node(0, ForestCut::kBelowOrMissing, 2, 1, kLeaf + 0),
                                         number_node(1, ForestCut::kBelow, -1, kLeaf + 1, kLeaf + 2)};
  const std::vector<uint8_t> leaves = {255, 0, 0, 255, 102, 153};
  std::vector<float> logits(2);
  forest_logits({roots, nodes.data(), leaves.data(), 2}, std::vector<ForestCell>{{a, 0}, {b, 0}}, logits.data());
  return logits;
}

void expect_frequencies(const std::vector<float>& logits, double first, double second) {
  EXPECT_NEAR(logits[0], std::log(ForestView::kLeastFrequency + (first + 0.4) / 2), 1e-5);
  EXPECT_NEAR(logits[1], std::log(ForestView::kLeastFrequency + (second + 0.6) / 2), 1e-5);
}

TEST(Forest, ARowFallsFromNodeToNode) {
  expect_frequencies(answer(2, 0), 1, 0);
  expect_frequencies(answer(1, -2), 0, 1);
  expect_frequencies(answer(1, -1), 0.4, 0.6);
  expect_frequencies(answer(NAN, -2), 0, 1);
  expect_frequencies(answer(1, NAN), 0.4, 0.6);
}

TEST(Forest, ACutOfValuesTakesAboutHalfOfThem) {
  ForestNode node{ForestNode::kCuts * 0 + static_cast<uint32_t>(ForestCut::kValue), 7, {kLeaf, kLeaf}};
  int n_first = 0, n_changed = 0;
  for (int i = 0; i < 1000; ++i) {
    const ForestCell cell{.hash = forest_hash("value " + std::to_string(i))};
    node.at = 7;
    const bool first = takes_first(node, cell);
    node.at = 8;
    n_first += first ? 1 : 0;
    n_changed += first != takes_first(node, cell) ? 1 : 0;
  }
  EXPECT_NEAR(n_first, 500, 60);
  EXPECT_NEAR(n_changed, 500, 60);
}

}  // namespace
}  // namespace gulo
