// A curve drawn with characters.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace gulo {

struct CurvePoint {
  double x = 0, y = 0;
};

struct CurvePlot {
  size_t columns = 60, rows = 8;
  bool utf8 = true;  // block characters, else '#'
  std::string (*format_x)(double) = nullptr;
  std::string (*format_y)(double) = nullptr;
};

// An area under the points, from 0 to the largest y and to the last x; between two points the earlier one's value
// holds. Points must ascend in x. Empty where there are fewer than two of them or none lies above zero.
std::string draw_curve(std::span<const CurvePoint> points, const CurvePlot& plot);

}  // namespace gulo
