#include "model/sample_network_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

SampleNetworkSpec example_samples() {
  return {.taps = 32,
          .stride = 8,
          .filters = 24,
          .channels = 2,
          .missing = true,
          .item_level = false,
          .linear = true,
          .stem_width = 48,
          .stages = {{48, 2, 1}, {64, 1, 4}},
          .attention_heads = 3,
          .window_samples = 4096,
          .n_labels = 5};
}

std::string samples_error(const json& object) {
  try {
    sample_network_from_json(object, 5);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.message();
  }
  return "no error";
}

TEST(SampleNetworkSpec, RoundTripsThroughText) {
  const json object = to_json(example_samples());
  const SampleNetworkSpec copy = sample_network_from_json(parse_json(json_line(object), "spec", ""), 5);
  EXPECT_EQ(to_json(copy), object);
  EXPECT_EQ(copy.stages[1].downsample, 4);
  EXPECT_EQ(copy.input_channels(), 3);
}

TEST(SampleNetworkSpec, NamesEveryFieldThatIsAbsentOrOfWrongType) {
  const json whole = to_json(example_samples());
  for (const auto& [key, value] : whole.items()) {
    json object = to_json(example_samples());
    object[key] = json::object();
    EXPECT_EQ(samples_error(object).substr(0, 10 + key.size()), "spec.deep." + key);
    object.erase(key);
    EXPECT_EQ(samples_error(object), "spec.deep." + key + " is absent");
  }
}

TEST(SampleNetworkSpec, RefusesWhatIsOutOfRange) {
  const std::pair<const char*, json> cases[] = {{"taps", 0},
                                                {"taps", 1 << 20},
                                                {"stride", 0},
                                                {"stride", 33},
                                                {"filters", 0},
                                                {"filters", 12},
                                                {"channels", 0},
                                                {"channels", 257},
                                                {"stem_width", 40},
                                                {"stages", std::vector<int>(33)},
                                                {"attention_heads", -1},
                                                {"attention_heads", 65},
                                                {"window_samples", 31},
                                                {"n_labels", 4}};
  for (const auto& [key, value] : cases) {
    json object = to_json(example_samples());
    object[key] = value;
    EXPECT_EQ(samples_error(object).substr(0, 10), "spec.deep.") << key << " = " << value.dump().substr(0, 80);
  }
  json object = to_json(example_samples());
  object["taps"] = object["window_samples"] = 65536;
  object["filters"] = 4096;
  EXPECT_NE(samples_error(object).find("weights"), std::string::npos);
}

}  // namespace
}  // namespace gulo
