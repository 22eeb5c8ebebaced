#include "model/cell_network_spec.h"

#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

CellNetworkSpec example() {
  return {.columns = {{.number = true}, {.number = true, .value = true}, {.value = true, .text = true}, {}},
          .n_knots = 9,
          .n_waves = 4,
          .log2_rows = 8,
          .embedding_width = 12,
          .n_members = 6,
          .member_width = 32,
          .hidden_width = 48,
          .depth = 2,
          .n_remembered = 100,
          .n_remembered_lookups = 900,
          .n_labels = 5};
}

std::string error_of(const json& object) {
  try {
    cell_network_from_json(object, 5);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.message();
  }
  return "no error";
}

TEST(CellNetworkSpec, RoundTripsThroughText) {
  const json object = to_json(example());
  const CellNetworkSpec copy = cell_network_from_json(parse_json(json_line(object), "spec", ""), 5);
  EXPECT_EQ(to_json(copy), object);
  EXPECT_EQ(copy.columns, example().columns);
  EXPECT_EQ(copy.n_numbers(), 2);
  EXPECT_EQ(copy.n_lookups(), 3);
}

TEST(CellNetworkSpec, NamesEveryFieldThatIsAbsentOrOfWrongType) {
  const json whole = to_json(example());
  for (const auto& [key, value] : whole.items()) {
    json object = whole;
    object[key] = json::object();
    EXPECT_EQ(error_of(object).substr(0, 10 + key.size()), "spec.deep." + key);
    object.erase(key);
    EXPECT_EQ(error_of(object), "spec.deep." + key + " is absent");
  }
}

TEST(CellNetworkSpec, RefusesWhatIsOutOfRange) {
  const std::pair<const char*, json> cases[] = {{"columns", json::array()},
                                                {"columns", {{"number"}, "value"}},
                                                {"columns", {{"number", 3}}},
                                                {"columns", {{"colour"}}},
                                                {"columns", json::array({json::array(), json::array()})},
                                                {"n_knots", 1},
                                                {"n_knots", 5000},
                                                {"n_waves", -1},
                                                {"log2_rows", 3},
                                                {"log2_rows", 40},
                                                {"embedding_width", 0},
                                                {"n_members", 0},
                                                {"member_width", 24},
                                                {"hidden_width", 0},
                                                {"depth", -1},
                                                {"n_remembered", -1},
                                                {"n_remembered_lookups", 1 << 25},
                                                {"n_labels", 4}};
  for (const auto& [key, value] : cases) {
    json object = to_json(example());
    object[key] = value;
    EXPECT_EQ(error_of(object).substr(0, 9), "spec.deep") << key << " = " << value.dump();
  }
}

TEST(CellNetworkSpec, RefusesSizesThatTogetherAreTooLarge) {
  CellNetworkSpec spec = example();
  spec.n_members = 256;
  spec.member_width = 4096;
  EXPECT_NE(error_of(to_json(spec)).find("weights"), std::string::npos);
  spec = example();
  spec.n_remembered = CellNetworkSpec::kMaxRemembered;
  spec.n_members = 128;
  EXPECT_NE(error_of(to_json(spec)).find("n_remembered"), std::string::npos);
}

}  // namespace
}  // namespace gulo
