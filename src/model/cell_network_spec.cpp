#include "model/cell_network_spec.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "model/json_fields.h"
#include "model/spec.h"

namespace gulo {
namespace {

using nlohmann::json;

constexpr std::string_view kNumber = "number", kValue = "value", kText = "text";

json column_to_json(const CellColumnSpec& column) {
  json seen = json::array();
  if (column.number) seen.push_back(kNumber);
  if (column.value) seen.push_back(kValue);
  if (column.text) seen.push_back(kText);
  return seen;
}

CellColumnSpec column_from_json(const json& list, size_t index) {
  const std::string where = fmt::format("spec.deep.columns[{}]", index);
  require_valid(list.is_array(), where + " is not a list");
  CellColumnSpec column;
  for (const json& seen : list) {
    require_valid(seen.is_string(), where + " is not a list of texts");
    const auto name = seen.get<std::string>();
    require_valid(name == kNumber || name == kValue || name == kText,
                  where + " has another entry than number, value and text");
    (name == kNumber ? column.number : name == kValue ? column.value : column.text) = true;
  }
  return column;
}

std::vector<CellColumnSpec> cell_columns_from_json(const Fields& fields) {
  const json& list = fields.list("columns");
  require_valid(
      !list.empty() && list.size() <= static_cast<size_t>(CellNetworkSpec::kMaxColumns),
      fmt::format("spec.deep.columns are {}, but must be from 1 to {}", list.size(), CellNetworkSpec::kMaxColumns));
  std::vector<CellColumnSpec> columns;
  for (const json& column : list) columns.push_back(column_from_json(column, columns.size()));
  return columns;
}

// Before memory is taken for them.
void check_sizes(const CellNetworkSpec& spec) {
  constexpr int64_t kMaxWeights = int64_t{1} << 28;
  const int64_t features =
      int64_t{spec.n_numbers()} * (spec.n_knots + 2 * spec.n_waves) + int64_t{spec.n_lookups()} * spec.embedding_width;
  require_valid(features > 0, "spec.deep.columns are all left out");
  const int64_t channels = int64_t{spec.n_members} * spec.member_width;
  const int64_t weights = channels * (features + 2 * int64_t{spec.depth} * spec.hidden_width + spec.n_labels);
  require_valid(weights <= kMaxWeights, fmt::format("spec.deep has {} weights, more than {}", weights, kMaxWeights));
  const int64_t remembered = int64_t{spec.n_remembered} * (spec.n_labels + spec.n_numbers() + channels);
  require_valid(remembered <= 4 * kMaxWeights, "spec.deep.n_remembered is too large for so many members and labels");
}

}  // namespace

int CellNetworkSpec::n_numbers() const {
  return static_cast<int>(std::count_if(columns.begin(), columns.end(), [](auto& c) { return c.number; }));
}

int CellNetworkSpec::n_lookups() const {
  int n = 0;
  for (const CellColumnSpec& column : columns) n += (column.value ? 1 : 0) + (column.text ? 1 : 0);
  return n;
}

json to_json(const CellNetworkSpec& spec) {
  json columns = json::array();
  for (const CellColumnSpec& column : spec.columns) columns.push_back(column_to_json(column));
  json object = {{"columns", columns},
                 {"n_knots", spec.n_knots},
                 {"n_waves", spec.n_waves},
                 {"log2_rows", spec.log2_rows},
                 {"embedding_width", spec.embedding_width},
                 {"n_members", spec.n_members},
                 {"member_width", spec.member_width},
                 {"hidden_width", spec.hidden_width},
                 {"depth", spec.depth},
                 {"n_remembered", spec.n_remembered},
                 {"n_remembered_lookups", spec.n_remembered_lookups},
                 {"n_labels", spec.n_labels}};
  if (spec.task != Task::kLabel) object["task"] = task_name(spec.task);
  return object;
}

CellNetworkSpec cell_network_from_json(const json& object, size_t n_labels) {
  constexpr int kMaxLookups = 1 << 24;  // stored as float, exact up to here
  const Fields fields(object, "spec.deep");
  CellNetworkSpec spec;
  spec.columns = cell_columns_from_json(fields);
  spec.n_knots = fields.integer("n_knots", 2, 1024);
  spec.n_waves = fields.integer("n_waves", 0, 256);
  spec.log2_rows = fields.integer("log2_rows", 4, 22);
  spec.embedding_width = fields.integer("embedding_width", 1, 1024);
  spec.n_members = fields.integer("n_members", 1, CellNetworkSpec::kMaxMembers);
  spec.member_width = fields.width("member_width");
  spec.hidden_width = fields.width("hidden_width");
  spec.depth = fields.integer("depth", 0, 64);
  spec.n_remembered = fields.integer("n_remembered", 0, CellNetworkSpec::kMaxRemembered);
  spec.n_remembered_lookups = fields.integer("n_remembered_lookups", 0, kMaxLookups);
  spec.n_labels = fields.integer("n_labels", 1, ModelSpec::kMaxLabels);
  require_valid(static_cast<size_t>(spec.n_labels) == n_labels,
                fmt::format("spec.deep.n_labels is {}, but there are {} labels", spec.n_labels, n_labels));
  if (object.contains("task")) {
    const auto task = find_task(fields.text("task"));
    require_valid(task.has_value(), "spec.deep.task is not known to this gulo");
    spec.task = *task;
  }
  check_sizes(spec);
  return spec;
}

}  // namespace gulo
