// Of the times that a training measures.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

namespace gulo {

// The upper one of two; NaN of none.
inline double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace gulo
