#include "model/spec.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "model/json_text.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr int kMaxWindowBytes = 1 << 30;

void require_valid(bool condition, const std::string& message) {
  require(condition, ErrorKind::kData, message, kDamagedHint);
}

// A JSON object whose fields are checked as they are taken; `where` is its path in the spec.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    require_valid(object.is_object(), fmt::format("{} is not a JSON object", where_));
  }

  const json& at(const char* key) const {
    const auto found = object_.find(key);
    require_valid(found != object_.end(), fmt::format("{} is absent", name(key)));
    return *found;
  }
  int integer(const char* key, int low, int high) const { return integer(at(key), name(key), low, high); }
  std::vector<int> integers(const char* key, int low, int high) const {
    std::vector<int> values;
    for (const json& value : list(key)) values.push_back(integer(value, name(key), low, high));
    return values;
  }
  double finite(const char* key) const {
    const json& value = at(key);
    require_valid(value.is_number() && std::isfinite(value.get<double>()),
                  fmt::format("{} is not a finite number", name(key)));
    return value.get<double>();
  }
  std::string text(const char* key) const {
    require_valid(at(key).is_string(), fmt::format("{} is not a text", name(key)));
    return at(key).get<std::string>();
  }
  const json& list(const char* key) const {
    require_valid(at(key).is_array(), fmt::format("{} is not a list", name(key)));
    return at(key);
  }
  // A channel count: what kernels with 16 lanes take.
  int width(const char* key) const {
    const int value = integer(key, 16, 4096);
    require_valid(value % 16 == 0, fmt::format("{} is {}, not a multiple of 16", name(key), value));
    return value;
  }
  std::string name(const char* key) const { return where_ + "." + key; }

 private:
  static int integer(const json& value, const std::string& name, int low, int high) {
    require_valid(value.is_number_integer(), fmt::format("{} is not a whole number", name));
    const bool in_range = value.is_number_unsigned() ? value.get<uint64_t>() <= static_cast<uint64_t>(high)
                                                     : value.get<int64_t>() <= high;
    require_valid(in_range && value.get<int64_t>() >= low,
                  fmt::format("{} is {}, but must be from {} to {}", name, value.dump(), low, high));
    return value.get<int>();
  }

  const json& object_;
  std::string where_;
};

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

json to_json(const ByteNetworkSpec& deep) {
  json stages = json::array();
  for (const StageSpec& stage : deep.stages)
    stages.push_back({{"width", stage.width}, {"depth", stage.depth}, {"downsample", stage.downsample}});
  return {{"taps", deep.taps},
          {"stem_width", deep.stem_width},
          {"stages", stages},
          {"attention_heads", deep.attention_heads},
          {"window_bytes", deep.window_bytes},
          {"n_labels", deep.n_labels}};
}

StageSpec stage_from_json(const json& object, size_t index) {
  const Fields fields(object, fmt::format("spec.deep.stages[{}]", index));
  StageSpec stage;
  stage.width = fields.width("width");
  stage.depth = fields.integer("depth", 0, 256);
  stage.downsample = fields.integer("downsample", 1, 64);
  return stage;
}

void require_labels(int n, size_t n_labels) {
  require_valid(static_cast<size_t>(n) == n_labels,
                fmt::format("spec.deep.n_labels is {}, but there are {} labels", n, n_labels));
}

ByteNetworkSpec byte_network_from_json(const json& object, size_t n_labels) {
  constexpr size_t kMaxStages = 32;
  const Fields fields(object, "spec.deep");
  ByteNetworkSpec deep;
  deep.taps = fields.integer("taps", 1, 64);
  deep.stem_width = fields.width("stem_width");
  const json& stages = fields.list("stages");
  require_valid(stages.size() <= kMaxStages, fmt::format("spec.deep.stages are more than {}", kMaxStages));
  for (const json& stage : stages) deep.stages.push_back(stage_from_json(stage, deep.stages.size()));
  deep.attention_heads = fields.integer("attention_heads", 0, 256);
  deep.window_bytes = fields.integer("window_bytes", deep.taps, kMaxWindowBytes);
  deep.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  require_labels(deep.n_labels, n_labels);
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

Kind kind_from_json(const std::string& name) {
  for (const Kind kind : {Kind::kBytes, Kind::kSamples, Kind::kPixels, Kind::kCells})
    if (kind_name(kind) == name) return kind;
  throw Error(ErrorKind::kData, fmt::format("spec.kind '{}' is not known to this gulo", name), "update gulo");
}

DeepSpec deep_from_json(const json& object, Kind kind, size_t n_labels) {
  if (kind != Kind::kPixels) return byte_network_from_json(object, n_labels);
  PixelNetworkSpec deep = pixel_network_spec_from_json(object);
  require_labels(deep.n_labels, n_labels);
  return deep;
}

bool is_given(const json& object, const char* key) { return object.contains(key) && !object.at(key).is_null(); }

}  // namespace

json to_json(const DeepSpec& spec) {
  return std::visit([](const auto& deep) { return to_json(deep); }, spec);
}

json to_json(const ModelSpec& spec) {
  json labels = json::array();
  for (const std::string& label : spec.labels) labels.push_back(printable_utf8(label));
  return {{"format_version", ModelSpec::kFormatVersion},
          {"kind", kind_name(spec.kind)},
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
  spec.kind = kind_from_json(fields.text("kind"));
  spec.labels = labels_from_json(fields);
  if (is_given(object, "wide")) spec.wide = wide_from_json(fields.at("wide"));
  if (is_given(object, "deep")) spec.deep = deep_from_json(fields.at("deep"), spec.kind, spec.labels.size());
  require_valid(spec.wide || spec.deep, "spec has neither a wide nor a deep part");
  const Fields calibration(fields.at("calibration"), "spec.calibration");
  spec.calibration = {calibration.finite("wide_scale"), calibration.finite("deep_scale")};
  spec.training = fields.at("training");
  require_valid(spec.training.is_object(), "spec.training is not a JSON object");
  return spec;
}

}  // namespace gulo
