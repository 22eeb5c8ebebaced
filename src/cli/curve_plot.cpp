#include "cli/curve_plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace gulo {
namespace {

// The value that holds at the middle of each column: the last point's that is not right of it.
std::vector<double> sample_columns(std::span<const CurvePoint> points, size_t columns) {
  std::vector<double> values;
  size_t point = 0;
  for (size_t column = 0; column < columns; ++column) {
    const double x = points.back().x * (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
    while (point + 1 < points.size() && points[point + 1].x <= x) ++point;
    values.push_back(points[point].y);
  }
  values.back() = points.back().y;  // the end of training is what people look for
  return values;
}

// The part of a cell that is filled, `height` in cells from the cell's floor.
const char* cell(double height, bool utf8) {
  static constexpr std::array<const char*, 9> kEighths{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const auto eighths = static_cast<size_t>(std::lround(std::clamp(height, 0.0, 1.0) * 8));
  if (utf8) return kEighths[eighths];
  return eighths >= 4 ? "#" : " ";
}

}  // namespace

std::string draw_curve(std::span<const CurvePoint> points, const CurvePlot& plot) {
  if (points.size() < 2) return "";
  const std::vector<double> values = sample_columns(points, plot.columns);
  const double highest = std::ranges::max(points, {}, &CurvePoint::y).y;
  if (!(highest > 0)) return "";

  const std::string top = plot.format_y(highest), bottom = "0";
  const size_t margin = std::max(top.size(), bottom.size());
  std::string drawing;
  for (size_t row = plot.rows; row-- > 0;) {
    const std::string& mark = row + 1 == plot.rows ? top : row == 0 ? bottom : std::string();
    drawing += fmt::format("{:>{}} ", mark, margin) + (plot.utf8 ? "│" : "|");
    for (const double value : values)
      drawing += cell(value / highest * static_cast<double>(plot.rows) - static_cast<double>(row), plot.utf8);
    drawing += '\n';
  }
  const std::string end = plot.format_x(points.back().x);
  return drawing + fmt::format("{:>{}}{}{:>{}}\n", "", margin + 2, "0", end, plot.columns - 1);
}

}  // namespace gulo
