#include "report/svg_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "report/html_text.h"

namespace gulo {
namespace {

constexpr int kLeft = 56, kRight = 24, kTop = 10, kBottom = 44;

std::string tip_attribute(const std::string& tip) {
  return tip.empty() ? "" : fmt::format(" data-tip=\"{}\"", html_escape(tip));
}

std::string tick_text(const ChartAxis& axis, double value) {
  return html_escape(axis.tick_text ? axis.tick_text(value) : fmt::format("{:g}", value));
}

double position(const ChartAxis& axis, double value) {
  return (std::clamp(value, axis.low, axis.high) - axis.low) / (axis.high - axis.low);
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int n_wanted) {
  const double rough = (high - low) / n_wanted;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * 0.999) {
      step = factor * power;
      break;
    }
  std::vector<double> ticks;
  // Multiples of a whole number, because adding up a step would drift; the small allowance keeps the last tick.
  const auto last = static_cast<int64_t>(std::floor(high / step + 1e-9));
  for (auto i = static_cast<int64_t>(std::ceil(low / step - 1e-9)); i <= last; ++i)
    ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

SvgChart::SvgChart(ChartAxis x, ChartAxis y, int height) : x_(std::move(x)), y_(std::move(y)), height_(height) {}

double SvgChart::to_px_x(double x) const { return kLeft + position(x_, x) * (kWidth - kLeft - kRight); }
double SvgChart::to_px_y(double y) const { return height_ - kBottom - position(y_, y) * (height_ - kTop - kBottom); }

void SvgChart::line(const std::vector<std::pair<double, double>>& points, const std::string& css_class) {
  std::string coordinates;
  for (const auto& [x, y] : points) coordinates += fmt::format("{:.1f},{:.1f} ", to_px_x(x), to_px_y(y));
  marks_ += fmt::format("<polyline class=\"line {}\" points=\"{}\"/>\n", css_class, coordinates);
}

void SvgChart::dot(double x, double y, const std::string& css_class, const std::string& tip) {
  marks_ += fmt::format("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"{}/>\n", css_class, to_px_x(x),
                        to_px_y(y), tip_attribute(tip));
}

void SvgChart::rect(double x0, double y0, double x1, double y1, const std::string& css_class, const std::string& tip) {
  const double left = to_px_x(std::min(x0, x1)), right = to_px_x(std::max(x0, x1));
  const double top = to_px_y(std::max(y0, y1)), bottom = to_px_y(std::min(y0, y1));
  marks_ += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"{}/>\n",
                        css_class, left, top, right - left, bottom - top, tip_attribute(tip));
}

std::string SvgChart::axes() const {
  std::string out;
  const int right = kWidth - kRight, bottom = height_ - kBottom;
  for (const double tick : round_ticks(y_.low, y_.high, 5))
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, right, to_px_y(tick), kLeft - 8, to_px_y(tick) + 4, tick_text(y_, tick));
  for (const double tick : round_ticks(x_.low, x_.high, 6))
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n",
        to_px_x(tick), bottom, bottom + 4, bottom + 18, tick_text(x_, tick));
  const int middle_y = (kTop + bottom) / 2;
  out += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n", kLeft, right, bottom, bottom);
  out += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", (kLeft + right) / 2,
                     height_ - 6, html_escape(x_.title));
  out += fmt::format(
      "<text class=\"title\" x=\"12\" y=\"{0}\" text-anchor=\"middle\" transform=\"rotate(-90 12 {0})\">{1}</text>\n",
      middle_y, html_escape(y_.title));
  return out;
}

std::string SvgChart::svg(const std::string& description) const {
  return fmt::format("<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}{}</svg>\n", kWidth,
                     height_, html_escape(description), axes(), marks_);
}

}  // namespace gulo
