#include "model/stage_spec.h"

#include <fmt/core.h>

namespace gulo {

using nlohmann::json;

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

}  // namespace gulo
