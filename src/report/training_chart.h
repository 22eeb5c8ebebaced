// How training went: loss and validation error over time.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace gulo {

// Two inline SVGs with a legend, from the training record's "curve" (html_report.h). Points that are not as described
// there are left out; without any left, the text is empty.
std::string training_charts(const nlohmann::json& curve);

}  // namespace gulo
