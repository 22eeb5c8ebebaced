#include "run/forest_scorer.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/error.h"
#include "data/cells.h"

namespace gulo {
namespace {

TEST(ForestScorer, LooksAtNumbersAndValues) {
  constexpr uint32_t kLeaf = ForestNode::kLeafBit;
  constexpr uint32_t kAt = 1, kOfValues = ForestNode::kCuts * 1 + static_cast<uint32_t>(ForestCut::kValue);
  const auto label_of_value = [&](const char* text) {
    return takes_first({kOfValues, kAt, {}}, {.hash = forest_hash(text)}) ? 1 : 2;
  };
  const ForestTensors forest{{0},
                             {{ForestNode::kCuts * 0 + static_cast<uint32_t>(ForestCut::kBelow),
                               std::bit_cast<uint32_t>(10.F),
                               {1, kLeaf + 0}},
                              {kOfValues, kAt, {kLeaf + 1, kLeaf + 2}}},
                             {255, 0, 0, 0, 255, 0, 0, 0, 255}};
  const TensorMap tensors = forest.tensors(3);
  const ForestScorer scorer(forest.spec(2, 3), 3, tensors);
  const auto label = [&](const std::vector<std::string>& cells) {
    const std::vector<uint8_t> bytes = pack_cells(cells);
    const std::vector<float> logits = scorer.logits({{ValueType::kUint8, {2, 1, 1}}, bytes});
    return std::ranges::max_element(logits) - logits.begin();
  };
  EXPECT_EQ(label({"10.5", "red"}), 0);
  EXPECT_EQ(label({"", "red"}), 0);
  EXPECT_NE(label_of_value("red"), label_of_value("blue"));
  EXPECT_EQ(label({"9.5", "red"}), label_of_value("red"));
  EXPECT_EQ(label({"9.5", "blue"}), label_of_value("blue"));
}

TEST(ForestScorer, RefusesARowOfAnotherWidth) {
  const ForestTensors forest{{ForestNode::kLeafBit}, {}, {255, 0}};
  const TensorMap tensors = forest.tensors(2);
  const ForestScorer scorer(forest.spec(2, 2), 2, tensors);
  const std::vector<uint8_t> bytes = pack_cells(std::vector<std::string>{"1"});
  EXPECT_THROW(scorer.logits({{ValueType::kUint8, {1, 1, 1}}, bytes}), Error);
}

}  // namespace
}  // namespace gulo
