#include "model/spec.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "model/json_fields.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr int kMaxWindowBytes = 1 << 30;

json to_json(const WideSpec& wide) {
  return {{"log2_rows", wide.log2_rows},
          {"orders", wide.orders},
          {"pair_gaps", wide.pair_gaps},
          {"head_bytes", wide.head_bytes},
          {"window_bytes", wide.window_bytes}};
}

WideSpec wide_from_json(const json& object) {
  const Fields fields(object, "spec.wide");
  WideSpec wide;
  wide.log2_rows = fields.integer("log2_rows", 8, 26);
  wide.orders = fields.integers("orders", 1, 8);
  for (size_t i = 1; i < wide.orders.size(); ++i)
    require_valid(wide.orders[i - 1] < wide.orders[i], "spec.wide.orders are not ascending");
  wide.pair_gaps = fields.integers("pair_gaps", 2, 15);
  for (size_t i = 1; i < wide.pair_gaps.size(); ++i)
    require_valid(wide.pair_gaps[i - 1] < wide.pair_gaps[i], "spec.wide.pair_gaps are not ascending");
  wide.head_bytes = fields.integer("head_bytes", 0, 65536);
  wide.window_bytes = fields.integer("window_bytes", 16, kMaxWindowBytes);
  require_valid(!wide.orders.empty() || !wide.pair_gaps.empty() || wide.head_bytes > 0,
                "spec.wide.orders, pair_gaps and head_bytes are all empty");
  return wide;
}

json to_json(const NetworkSpec& deep) {
  return {{"taps", deep.taps},
          {"stem_width", deep.stem_width},
          {"stages", stages_to_json(deep.stages)},
          {"attention_heads", deep.attention_heads},
          {"window_bytes", deep.window_bytes},
          {"n_labels", deep.n_labels}};
}

NetworkSpec deep_from_json(const json& object, size_t n_labels) {
  const Fields fields(object, "spec.deep");
  NetworkSpec deep;
  deep.taps = fields.integer("taps", 1, 64);
  deep.stem_width = fields.width("stem_width");
  deep.stages = stages_from_json(fields);
  deep.attention_heads = fields.integer("attention_heads", 0, 256);
  deep.window_bytes = fields.integer("window_bytes", deep.taps, kMaxWindowBytes);
  deep.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  require_valid(static_cast<size_t>(deep.n_labels) == n_labels,
                fmt::format("spec.deep.n_labels is {}, but there are {} labels", deep.n_labels, n_labels));
  return deep;
}

std::vector<std::string> labels_from_json(const Fields& fields) {
  const json& list = fields.list("labels");
  require_valid(!list.empty() && list.size() <= ModelSpec::kMaxLabels,
                fmt::format("spec.labels are {}, but must be from 1 to {}", list.size(), ModelSpec::kMaxLabels));
  require_valid(std::all_of(list.begin(), list.end(), [](const json& label) { return label.is_string(); }),
                "spec.labels are not all texts");
  const auto labels = list.get<std::vector<std::string>>();
  std::set<std::string> seen;
  for (const std::string& label : labels)
    if (!seen.insert(label).second)
      throw Error(ErrorKind::kData, fmt::format("spec.labels: '{}' is there twice", label), kDamagedHint);
  return labels;
}

void check_version(const Fields& fields) {
  const int version = fields.integer("format_version", 1, std::numeric_limits<int>::max());
  require(version <= ModelSpec::kFormatVersion, ErrorKind::kData,
          fmt::format("made by a newer gulo (format {}); this one reads format {}", version, ModelSpec::kFormatVersion),
          "update gulo");
}

bool is_given(const json& object, const char* key) { return object.contains(key) && !object.at(key).is_null(); }

}  // namespace

json stages_to_json(const std::vector<StageSpec>& stages) {
  json list = json::array();
  for (const StageSpec& stage : stages)
    list.push_back({{"width", stage.width}, {"depth", stage.depth}, {"downsample", stage.downsample}});
  return list;
}

std::vector<StageSpec> stages_from_json(const Fields& fields) {
  constexpr size_t kMaxStages = 32;
  const json& list = fields.list("stages");
  require_valid(list.size() <= kMaxStages, fmt::format("{} are more than {}", fields.name("stages"), kMaxStages));
  std::vector<StageSpec> stages;
  for (const json& object : list) {
    const Fields stage(object, fmt::format("{}[{}]", fields.name("stages"), stages.size()));
    stages.push_back({stage.width("width"), stage.integer("depth", 0, 256), stage.integer("downsample", 1, 64)});
  }
  return stages;
}

json to_json(const ModelSpec& spec) {
  json labels = json::array();
  for (const std::string& label : spec.labels) labels.push_back(printable_utf8(label));
  return {{"format_version", ModelSpec::kFormatVersion},
          {"kind", spec.kind},
          {"labels", labels},
          {"wide", spec.wide ? to_json(*spec.wide) : json()},
          {"deep", spec.deep ? to_json(*spec.deep) : json()},
          {"calibration", {{"wide_scale", spec.calibration.wide_scale}, {"deep_scale", spec.calibration.deep_scale}}},
          {"training", spec.training}};
}

ModelSpec model_spec_from_json(const json& object) {
  const Fields fields(object, "spec");
  check_version(fields);
  ModelSpec spec;
  spec.kind = fields.text("kind");
  require(spec.kind == "bytes", ErrorKind::kData, fmt::format("spec.kind '{}' is not known to this gulo", spec.kind),
          "update gulo");
  spec.labels = labels_from_json(fields);
  if (is_given(object, "wide")) spec.wide = wide_from_json(fields.at("wide"));
  if (is_given(object, "deep")) spec.deep = deep_from_json(fields.at("deep"), spec.labels.size());
  require_valid(spec.wide || spec.deep, "spec has neither a wide nor a deep part");
  const Fields calibration(fields.at("calibration"), "spec.calibration");
  spec.calibration = {calibration.finite("wide_scale"), calibration.finite("deep_scale")};
  spec.training = fields.at("training");
  require_valid(spec.training.is_object(), "spec.training is not a JSON object");
  return spec;
}

}  // namespace gulo
