#include "model/forest_spec.h"

#include <gtest/gtest.h>

#include <bit>

#include "base/error.h"

namespace gulo {
namespace {

constexpr size_t kForestLabels = 2;
constexpr uint32_t kLeaf = ForestNode::kLeafBit;

ForestNode number_node(uint32_t column, ForestCut cut, float at, uint32_t first, uint32_t second) {
  return {ForestNode::kCuts * column + static_cast<uint32_t>(cut), std::bit_cast<uint32_t>(at), {first, second}};
}

// Column 0 below 2 or missing, then column 1 below -1; and a tree of one leaf.
ForestTensors two_trees() {
  return {{0, kLeaf + 2},
          {number_node(0, ForestCut::kBelowOrMissing, 2, 1, kLeaf + 0),
           number_node(1, ForestCut::kBelow, -1, kLeaf + 1, kLeaf + 2)},
          {255, 0, 0, 255, 102, 153}};
}

TEST(ForestSpec, RoundTripsThroughJson) {
  const ForestSpec spec = two_trees().spec(5, kForestLabels);
  EXPECT_EQ(spec, (ForestSpec{.n_columns = 5, .n_trees = 2, .n_nodes = 2, .n_leaves = 3}));
  EXPECT_EQ(forest_spec_from_json(nlohmann::json::parse(to_json(spec).dump())), spec);
}

TEST(ForestSpec, AnErrorNamesTheField) {
  for (const auto& [key, value] : {std::pair<const char*, nlohmann::json>{"n_columns", 0},
                                   {"n_trees", 0},
                                   {"n_nodes", -1},
                                   {"n_nodes", 1.5},
                                   {"n_leaves", "3"}}) {
    nlohmann::json object = to_json(two_trees().spec(2, kForestLabels));
    object[key] = value;
    try {
      forest_spec_from_json(object);
      FAIL() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(error.message().find(key), std::string::npos);
    }
  }
}

TEST(ForestTensors, AreCheckedAgainstTheSpec) {
  const ForestTensors good = two_trees();
  const ForestSpec spec = good.spec(2, kForestLabels);
  const auto check = [&](const ForestTensors& forest) {
    check_forest_tensors(spec, kForestLabels, forest.tensors(kForestLabels));
  };
  EXPECT_NO_THROW(check(good));
  EXPECT_THROW(check_forest_tensors(spec, 3, good.tensors(kForestLabels)), Error);
  for (const auto& [name, tensor] : good.tensors(kForestLabels)) {
    TensorMap tensors = good.tensors(kForestLabels);
    tensors.at(name).dtype = "I8";
    EXPECT_THROW(check_forest_tensors(spec, kForestLabels, tensors), Error) << name;
    tensors.erase(name);
    EXPECT_THROW(check_forest_tensors(spec, kForestLabels, tensors), Error) << name;
  }
  for (const uint32_t branch : {2u, kLeaf + 3, 0u, 1u}) {  // no node, no leaf, back, itself
    ForestTensors bad = good;
    bad.nodes[1].branches[0] = branch;
    EXPECT_THROW(check(bad), Error) << branch;
  }
  ForestTensors bad = good;
  bad.roots[1] = 2;
  EXPECT_THROW(check(bad), Error);
  bad = good;
  bad.nodes[0].cut = ForestNode::kCuts * 2;
  EXPECT_THROW(check(bad), Error);
}

}  // namespace
}  // namespace gulo
