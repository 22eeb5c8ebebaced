#include "model/spec.h"

#include <fmt/core.h>

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
constexpr size_t kMaxFields = 256;

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
  return {{"taps", deep.taps},
          {"stem_width", deep.stem_width},
          {"stages", stages_to_json(deep.stages)},
          {"attention_heads", deep.attention_heads},
          {"window_bytes", deep.window_bytes},
          {"n_labels", deep.n_labels}};
}

void require_labels(int n, size_t n_labels) {
  require_valid(static_cast<size_t>(n) == n_labels,
                fmt::format("spec.deep.n_labels is {}, but there are {} labels", n, n_labels));
}

ByteNetworkSpec byte_network_from_json(const json& object, size_t n_labels) {
  const Fields fields(object, "spec.deep");
  ByteNetworkSpec deep;
  deep.taps = fields.integer("taps", 1, 64);
  deep.stem_width = fields.width("stem_width");
  deep.stages = stages_from_json(fields);
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

std::vector<std::string> columns_from_json(const Fields& fields) {
  const json& list = fields.list("columns");
  require_valid(std::all_of(list.begin(), list.end(), [](const json& name) { return name.is_string(); }),
                "spec.columns are not all texts");
  return list.get<std::vector<std::string>>();
}

bool is_given(const json& object, const char* key) { return object.contains(key) && !object.at(key).is_null(); }

void check_version(const Fields& fields) {
  const int version = fields.integer("format_version", 1, std::numeric_limits<int>::max());
  require(version <= ModelSpec::kFormatVersion, ErrorKind::kData,
          fmt::format("made by a newer gulo (format {}); this one reads format {}", version, ModelSpec::kFormatVersion),
          "update gulo");
}

Kind kind_from_json(const std::string& name) {
  for (const Kind kind : {Kind::kBytes, Kind::kSamples, Kind::kPixels, Kind::kCells, Kind::kFields})
    if (kind_name(kind) == name) return kind;
  throw Error(ErrorKind::kData, fmt::format("spec.kind '{}' is not known to this gulo", name), "update gulo");
}

Task task_from_json(const std::string& name) {
  const auto task = find_task(name);
  require(task.has_value(), ErrorKind::kData, fmt::format("spec.task '{}' is not known to this gulo", name),
          "update gulo");
  return *task;
}

void read_task(const json& object, const Fields& fields, ModelSpec& spec) {
  if (is_given(object, "task")) spec.task = task_from_json(fields.text("task"));
  if (spec.task != Task::kNumber) return;
  require_valid(spec.labels.size() == 1, fmt::format("spec.labels are {}, and a number has one", spec.labels.size()));
  const Fields number(fields.at("number"), "spec.number");
  spec.number_unit = {number.finite("offset"), number.finite("scale")};
  require_valid(spec.number_unit.scale > 0, "spec.number.scale is not above 0");
}

void read_wide(const json& object, ModelSpec& spec) {
  switch (spec.kind) {
    case Kind::kBytes:
      spec.wide = wide_from_json(object);
      return;
    case Kind::kSamples:
      spec.bank = convolution_bank_spec_from_json(Fields(object, "spec.wide").at("bank"));
      return;
    case Kind::kCells:
      require_valid(spec.task == Task::kLabel, "spec.wide is a forest, which answers with one label an item");
      spec.forest = forest_spec_from_json(Fields(object, "spec.wide").at("forest"));
      return;
    case Kind::kPixels:
    case Kind::kFields:
      require_valid(false, fmt::format("spec.wide is given, but {} have no wide part", kind_name(spec.kind)));
  }
}

DeepSpec deep_from_json(Kind kind, const json& object, size_t n_labels);

json to_json(const FieldsNetworkSpec& deep) {
  json fields = json::array();
  for (const FieldSpec& field : deep.fields)
    fields.push_back({{"kind", kind_name(field.kind)}, {"network", gulo::to_json(field.network)}});
  return {{"fields", fields},
          {"field_width", deep.field_width},
          {"hidden_width", deep.hidden_width},
          {"n_labels", deep.n_labels}};
}

FieldsNetworkSpec fields_network_from_json(const json& object, size_t n_labels) {
  const Fields fields(object, "spec.deep");
  FieldsNetworkSpec deep;
  deep.field_width = fields.integer("field_width", 1, 4096);
  deep.hidden_width = fields.integer("hidden_width", 1, 65536);
  deep.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  require_labels(deep.n_labels, n_labels);
  const json& list = fields.list("fields");
  require_valid(!list.empty() && list.size() <= kMaxFields,
                fmt::format("spec.deep.fields are {}, but must be from 1 to {}", list.size(), kMaxFields));
  for (const json& entry : list) {
    const Fields field(entry, "spec.deep.fields");
    const Kind kind = kind_from_json(field.text("kind"));
    require_valid(kind != Kind::kFields, "spec.deep.fields hold fields");
    deep.fields.push_back({kind, deep_from_json(kind, field.at("network"), static_cast<size_t>(deep.field_width))});
  }
  return deep;
}

json to_json(const std::vector<FieldColumn>& fields) {
  json list = json::array();
  for (const FieldColumn& field : fields)
    list.push_back({{"name", printable_utf8(field.name)}, {"kind", kind_name(field.kind)}});
  return list;
}

std::vector<FieldColumn> fields_from_json(const Fields& spec) {
  std::vector<FieldColumn> fields;
  for (const json& entry : spec.list("fields")) {
    const Fields field(entry, "spec.fields");
    fields.push_back({field.text("name"), kind_from_json(field.text("kind"))});
  }
  return fields;
}

// A network's fields are those of the items.
void check_fields(const ModelSpec& spec) {
  const auto* deep = spec.deep ? std::get_if<FieldsNetworkSpec>(&*spec.deep) : nullptr;
  const auto same = [](const FieldSpec& network, const FieldColumn& column) { return network.kind == column.kind; };
  require_valid(!deep || std::ranges::equal(deep->fields, spec.fields, same), "spec.deep.fields are not spec.fields");
}

DeepSpec deep_from_json(Kind kind, const json& object, size_t n_labels) {
  switch (kind) {
    case Kind::kBytes:
      return byte_network_from_json(object, n_labels);
    case Kind::kSamples:
      return sample_network_from_json(object, n_labels);
    case Kind::kPixels: {
      PixelNetworkSpec deep = pixel_network_spec_from_json(object);
      require_labels(deep.n_labels, n_labels);
      return deep;
    }
    case Kind::kCells:
      return cell_network_from_json(object, n_labels);
    case Kind::kFields:
      return fields_network_from_json(object, n_labels);
  }
  throw Error(ErrorKind::kData, fmt::format("spec.kind '{}' has no deep part", kind_name(kind)), kDamagedHint);
}

json wide_to_json(const ModelSpec& spec) {
  if (spec.bank) return {{"bank", to_json(*spec.bank)}};
  if (spec.forest) return {{"forest", to_json(*spec.forest)}};
  return spec.wide ? to_json(*spec.wide) : json();
}

}  // namespace

json to_json(const DeepSpec& spec) {
  return std::visit([](const auto& deep) { return to_json(deep); }, spec);
}

json to_json(const ModelSpec& spec) {
  json labels = json::array();
  for (const std::string& label : spec.labels) labels.push_back(printable_utf8(label));
  json object = {
      {"format_version", ModelSpec::kFormatVersion},
      {"kind", kind_name(spec.kind)},
      {"labels", labels},
      {"wide", wide_to_json(spec)},
      {"deep", spec.deep ? to_json(*spec.deep) : json()},
      {"calibration", {{"wide_scale", spec.calibration.wide_scale}, {"deep_scale", spec.calibration.deep_scale}}},
      {"training", spec.training}};
  if (!spec.calibration.label_offsets.empty()) object["calibration"]["label_offsets"] = spec.calibration.label_offsets;
  if (!spec.fields.empty()) object["fields"] = to_json(spec.fields);
  for (const std::string& column : spec.columns) object["columns"].push_back(printable_utf8(column));
  if (spec.task != Task::kLabel) object["task"] = task_name(spec.task);
  if (spec.task == Task::kNumber)
    object["number"] = {{"offset", spec.number_unit.offset}, {"scale", spec.number_unit.scale}};
  return object;
}

ModelSpec model_spec_from_json(const json& object) {
  const Fields fields(object, "spec");
  check_version(fields);
  ModelSpec spec;
  spec.kind = kind_from_json(fields.text("kind"));
  spec.labels = labels_from_json(fields);
  read_task(object, fields, spec);
  if (is_given(object, "columns")) spec.columns = columns_from_json(fields);
  if (is_given(object, "fields")) spec.fields = fields_from_json(fields);
  if (is_given(object, "wide")) read_wide(fields.at("wide"), spec);
  if (is_given(object, "deep")) spec.deep = deep_from_json(spec.kind, fields.at("deep"), spec.labels.size());
  check_fields(spec);
  if (const auto* cells = spec.deep ? std::get_if<CellNetworkSpec>(&*spec.deep) : nullptr)
    require_valid(cells->task == spec.task, "spec.deep.task is not spec.task");
  require_valid(spec.has_wide() || spec.deep, "spec has neither a wide nor a deep part");
  const Fields calibration(fields.at("calibration"), "spec.calibration");
  spec.calibration = {calibration.finite("wide_scale"), calibration.finite("deep_scale")};
  if (is_given(object.at("calibration"), "label_offsets"))
    spec.calibration.label_offsets = calibration.finites("label_offsets", spec.labels.size());
  spec.training = fields.at("training");
  require_valid(spec.training.is_object(), "spec.training is not a JSON object");
  return spec;
}

}  // namespace gulo
