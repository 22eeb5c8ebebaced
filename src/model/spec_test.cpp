#include "model/spec.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "model/json_text.h"

namespace gulo {
namespace {

ModelSpec example_model() {
  ModelSpec spec;
  spec.labels = {"elf", "png", "é"};
  spec.wide =
      WideSpec{.log2_rows = 18, .orders = {1, 3, 8}, .head_bytes = 0, .window_bytes = 1000, .pair_gaps = {2, 15}};
  spec.deep = ByteNetworkSpec{.taps = 4,
                              .stem_width = 48,
                              .stages = {{64, 2, 1}, {96, 0, 2}},
                              .attention_heads = 0,
                              .window_bytes = 512,
                              .n_labels = 3};
  spec.calibration = {0.25, 1.75};
  spec.training = {{"budget_s", 60}, {"curve", {{{"phase", "wide"}, {"seconds", 1.5}}}}};
  return spec;
}

std::string model_error(const nlohmann::json& json) {
  try {
    model_spec_from_json(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.message();
  }
  return "no error";
}

TEST(Spec, RoundTripsThroughText) {
  const nlohmann::json json = to_json(example_model());
  const ModelSpec copy = model_spec_from_json(parse_json(json_line(json), "spec", ""));
  EXPECT_EQ(to_json(copy), json);
  EXPECT_EQ(copy.wide->orders, (std::vector<int>{1, 3, 8}));
  EXPECT_EQ(std::get<ByteNetworkSpec>(*copy.deep).stages[1].downsample, 2);
  EXPECT_EQ(copy.calibration.deep_scale, 1.75);
}

TEST(Spec, LabelOffsetsAreOneALabel) {
  ModelSpec spec = example_model();
  EXPECT_FALSE(to_json(spec).at("calibration").contains("label_offsets"));
  spec.calibration.label_offsets.assign(spec.labels.size(), 0.5);
  const nlohmann::json json = to_json(spec);
  EXPECT_EQ(model_spec_from_json(json).calibration.label_offsets, spec.calibration.label_offsets);
  spec.calibration.label_offsets.push_back(0);
  const std::string wanted = "spec.calibration.label_offsets is not " + std::to_string(spec.labels.size());
  EXPECT_TRUE(model_error(to_json(spec)).starts_with(wanted)) << model_error(to_json(spec));
  spec.calibration.label_offsets.pop_back();
  spec.calibration.label_offsets[0] = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(model_error(to_json(spec)).starts_with(wanted));
}

TEST(Spec, EitherPartMayBeAbsent) {
  ModelSpec spec = example_model();
  spec.deep.reset();
  EXPECT_FALSE(model_spec_from_json(to_json(spec)).deep.has_value());
  spec = example_model();
  spec.wide.reset();
  EXPECT_FALSE(model_spec_from_json(to_json(spec)).wide.has_value());
  spec.deep.reset();
  EXPECT_EQ(model_error(to_json(spec)), "spec has neither a wide nor a deep part");
}

TEST(Spec, LabelsOfNoValidEncodingStayApart) {
  ModelSpec spec = example_model();
  spec.labels = {"\xE9", "\xE8", "e"};
  const ModelSpec copy = model_spec_from_json(parse_json(json_line(to_json(spec)), "spec", ""));
  EXPECT_EQ(copy.labels, (std::vector<std::string>{"\\xe9", "\\xe8", "e"}));
}

TEST(Spec, NewerFormatAsksForNewerGulo) {
  nlohmann::json json = to_json(example_model());
  json["format_version"] = 2;
  json["labels"] = "whatever a later format makes of them";
  try {
    model_spec_from_json(json);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("made by a newer gulo (format 2)"), std::string::npos) << error.message();
    EXPECT_EQ(error.hint(), "update gulo");
  }
}

TEST(Spec, NamesEveryAbsentField) {
  const nlohmann::json whole = to_json(example_model()).flatten();
  for (const auto& [pointer, value] : whole.items()) {
    if (pointer.starts_with("/training/")) continue;  // free-form
    nlohmann::json json = to_json(example_model());
    const nlohmann::json::json_pointer field(pointer);
    if (json.at(field.parent_pointer()).is_array()) continue;
    json.at(field.parent_pointer()).erase(field.back());
    EXPECT_EQ(model_error(json).substr(0, 5), "spec.") << pointer;
    EXPECT_NE(model_error(json).find(field.back() + " is absent"), std::string::npos) << pointer;
  }
}

TEST(Spec, NamesEveryFieldOfWrongType) {
  const nlohmann::json whole = to_json(example_model()).flatten();
  for (const auto& [pointer, value] : whole.items()) {
    if (pointer.starts_with("/training/")) continue;
    nlohmann::json json = to_json(example_model());
    json.at(nlohmann::json::json_pointer(pointer)) = nlohmann::json::array({true});
    EXPECT_EQ(model_error(json).substr(0, 5), "spec.") << pointer;
  }
}

TEST(Spec, RefusesWhatIsOutOfRange) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::pair<const char*, nlohmann::json> cases[] = {{"/format_version", 0},
                                                          {"/kind", "smells"},
                                                          {"/labels", nlohmann::json::array()},
                                                          {"/labels", std::vector<std::string>(65536, "x")},
                                                          {"/labels", {"a", "b", "a"}},
                                                          {"/labels", {"a", "b", 3}},
                                                          {"/labels", {"a", "b"}},
                                                          {"/wide/log2_rows", 7},
                                                          {"/wide/log2_rows", 27},
                                                          {"/wide/log2_rows", 18.0},
                                                          {"/wide/log2_rows", 18446744073709551615ull},
                                                          {"/wide/log2_rows", -9223372036854775807ll},
                                                          {"/wide/orders", {0, 1}},
                                                          {"/wide/orders", {1, 9}},
                                                          {"/wide/orders", {2, 1}},
                                                          {"/wide/orders", {2, 2}},
                                                          {"/wide/pair_gaps", {1, 2}},
                                                          {"/wide/pair_gaps", {2, 16}},
                                                          {"/wide/pair_gaps", {3, 2}},
                                                          {"/wide/head_bytes", -1},
                                                          {"/wide/window_bytes", 0},
                                                          {"/wide/window_bytes", 2147483648u},
                                                          {"/deep/taps", 0},
                                                          {"/deep/taps", 65},
                                                          {"/deep/stem_width", 40},
                                                          {"/deep/stem_width", 0},
                                                          {"/deep/stem_width", 4112},
                                                          {"/deep/stages/0/width", 100},
                                                          {"/deep/stages/0/depth", -1},
                                                          {"/deep/stages/0/downsample", 0},
                                                          {"/deep/stages", std::vector<int>(33)},
                                                          {"/deep/attention_heads", -1},
                                                          {"/deep/window_bytes", 3},
                                                          {"/deep/n_labels", 2},
                                                          {"/calibration/wide_scale", inf},
                                                          {"/calibration/deep_scale", nullptr},
                                                          {"/training", nlohmann::json::array()}};
  for (const auto& [pointer, value] : cases) {
    nlohmann::json json = to_json(example_model());
    json.at(nlohmann::json::json_pointer(pointer)) = value;
    EXPECT_EQ(model_error(json).substr(0, 5), "spec.") << pointer << " = " << value.dump().substr(0, 80);
  }
}

TEST(Spec, WidePartMustBagSomething) {
  ModelSpec spec = example_model();
  spec.wide = WideSpec{.orders = {}, .head_bytes = 0, .pair_gaps = {}};
  EXPECT_EQ(model_error(to_json(spec)), "spec.wide.orders, pair_gaps and head_bytes are all empty");
}

TEST(Spec, AcceptsTheEdgesOfTheRanges) {
  ModelSpec spec = example_model();
  spec.wide = WideSpec{.log2_rows = 26, .orders = {}, .head_bytes = 1, .window_bytes = 1 << 30, .pair_gaps = {}};
  auto& deep = std::get<ByteNetworkSpec>(*spec.deep);
  deep.taps = 64;
  deep.stem_width = 4096;
  deep.stages.clear();
  EXPECT_EQ(to_json(model_spec_from_json(to_json(spec))), to_json(spec));
}

TEST(Spec, TasksRoundTripAndOneLabelIsNotWritten) {
  EXPECT_FALSE(to_json(example_model()).contains("task"));
  ModelSpec spec = example_model();
  spec.task = Task::kLabels;
  EXPECT_EQ(model_spec_from_json(to_json(spec)).task, Task::kLabels);
  spec.task = Task::kNumber;
  spec.labels = {"number"};
  spec.number_unit = {12.5, 0.25};
  std::get<ByteNetworkSpec>(*spec.deep).n_labels = 1;
  const ModelSpec copy = model_spec_from_json(to_json(spec));
  EXPECT_EQ(copy.task, Task::kNumber);
  EXPECT_EQ(copy.number_unit, spec.number_unit);
}

TEST(Spec, RefusesDamagedTasks) {
  ModelSpec spec = example_model();
  spec.task = Task::kNumber;
  EXPECT_EQ(model_error(to_json(spec)), "spec.labels are 3, and a number has one");
  spec.labels = {"number"};
  nlohmann::json json = to_json(spec);
  json["number"]["scale"] = 0;
  EXPECT_EQ(model_error(json), "spec.number.scale is not above 0");
  json.erase("number");
  EXPECT_NE(model_error(json).find("number"), std::string::npos);
  json["task"] = "colour";
  EXPECT_EQ(model_error(json), "spec.task 'colour' is not known to this gulo");
}

}  // namespace
}  // namespace gulo
