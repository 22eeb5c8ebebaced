// A measure of nothing: NaN in memory, null in JSON.
#pragma once

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace gulo {

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

inline nlohmann::json finite_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace gulo
