// The stages of a body over rows (engine/net/row_body.h).
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "model/json_fields.h"

namespace gulo {

struct StageSpec {
  int width = 128;     // channels
  int depth = 2;       // blocks
  int downsample = 1;  // this many neighbouring positions are joined before the stage
};

nlohmann::json stages_to_json(const std::vector<StageSpec>& stages);
// Of the field "stages". Throws Error (kData) that names it.
std::vector<StageSpec> stages_from_json(const Fields& fields);

}  // namespace gulo
