// A chart with two axes as inline SVG. Colours come from the page's style sheet (html_page.cpp) by class name, so that
// the same picture serves light and dark.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gulo {

struct ChartAxis {
  std::string title;
  double low = 0, high = 1;                      // low < high
  std::function<std::string(double)> tick_text;  // none: the number
};

class SvgChart {
 public:
  // `height` is in the units in which the chart is 460 wide; the page scales it.
  SvgChart(ChartAxis x, ChartAxis y, int height);

  // Coordinates are in axis units and are clipped to the axes. `tip` (plain text) is shown under the pointer.
  void line(const std::vector<std::pair<double, double>>& points, const std::string& css_class);
  void dot(double x, double y, const std::string& css_class, const std::string& tip);
  void rect(double x0, double y0, double x1, double y1, const std::string& css_class, const std::string& tip);
  // `description` is what a screen reader says.
  std::string svg(const std::string& description) const;

  static constexpr int kWidth = 460;

 private:
  double to_px_x(double x) const;
  double to_px_y(double y) const;
  std::string axes() const;

  ChartAxis x_, y_;
  int height_;
  std::string marks_;
};

// About `n_wanted` round numbers in [low, high]: steps of 1, 2 or 5 times a power of ten.
std::vector<double> round_ticks(double low, double high, int n_wanted);

}  // namespace gulo
