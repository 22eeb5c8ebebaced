#include "report/training_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "report/html_text.h"
#include "report/svg_chart.h"

namespace gulo {
namespace {

using Points = std::vector<std::pair<double, double>>;

struct Phase {
  std::string name;
  Points loss, valid_error;  // over seconds
};

std::optional<double> finite_at(const nlohmann::json& point, const char* key) {
  const auto found = point.find(key);
  if (found == point.end() || !found->is_number()) return std::nullopt;
  const double value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// In the order of their first points.
std::vector<Phase> phases_of(const nlohmann::json& curve) {
  std::vector<Phase> phases;
  for (const nlohmann::json& point : curve) {
    if (!point.is_object()) continue;
    const auto seconds = finite_at(point, "seconds");
    const auto name = point.find("phase");
    if (!seconds || name == point.end() || !name->is_string()) continue;
    const auto& text = name->get_ref<const std::string&>();
    auto phase = std::find_if(phases.begin(), phases.end(), [&](const Phase& p) { return p.name == text; });
    if (phase == phases.end()) phase = phases.insert(phase, Phase{text, {}, {}});
    if (const auto loss = finite_at(point, "loss")) phase->loss.emplace_back(*seconds, *loss);
    if (const auto error = finite_at(point, "valid_error")) phase->valid_error.emplace_back(*seconds, *error);
  }
  return phases;
}

// More points than pixels only make the file large. The last one always stays.
Points thinned(const Points& points) {
  constexpr size_t kMaxPoints = 400;
  const size_t stride = points.size() / kMaxPoints + 1;
  Points kept;
  for (size_t i = 0; i < points.size(); ++i)
    if (i % stride == 0 || i + 1 == points.size()) kept.push_back(points[i]);
  return kept;
}

double largest(const std::vector<Phase>& phases, Points Phase::* curve, bool of_seconds) {
  double high = 0;
  for (const Phase& phase : phases)
    for (const auto& [seconds, value] : phase.*curve) high = std::max(high, of_seconds ? seconds : value);
  return high > 0 ? high : 1;
}

std::string chart(const std::vector<Phase>& phases, Points Phase::* curve, const char* title, bool percent) {
  constexpr size_t kMaxDots = 60;
  const double seconds = std::max(largest(phases, &Phase::loss, true), largest(phases, &Phase::valid_error, true));
  // A rate below 5 % needs a decimal on its axis.
  const double high = largest(phases, curve, false) * 1.05;
  const auto text = [percent, high](double value) {
    return percent ? fmt::format("{:.{}f} %", 100 * value,
                                 high < 0.005  ? 2
                                 : high < 0.05 ? 1
                                               : 0)
                   : fmt::format("{:g}", value);
  };
  SvgChart svg({"seconds", 0, seconds, {}}, {title, 0, high, text}, 280);
  for (size_t i = 0; i < phases.size(); ++i) {
    const Points points = thinned(phases[i].*curve);
    const std::string css_class = fmt::format("series{}", i % 4);
    svg.line(points, css_class);
    if (points.size() > kMaxDots) continue;
    for (const auto& [x, y] : points)
      svg.dot(x, y, css_class,
              fmt::format("{}, {:.1f} s: {} {}", phases[i].name, x, title,
                          percent ? fmt::format("{:.2f} %", 100 * y) : fmt::format("{:.4g}", y)));
  }
  return svg.svg(fmt::format("{} over seconds of training", title));
}

}  // namespace

std::string training_charts(const nlohmann::json& curve) {
  const std::vector<Phase> phases = phases_of(curve);
  const auto any = [&](Points Phase::* which) {
    return std::any_of(phases.begin(), phases.end(), [&](const Phase& phase) { return !(phase.*which).empty(); });
  };
  std::string charts;
  if (any(&Phase::valid_error)) charts += chart(phases, &Phase::valid_error, "validation error", true);
  if (any(&Phase::loss)) charts += chart(phases, &Phase::loss, "loss", false);
  if (charts.empty()) return "";
  std::string legend;
  for (size_t i = 0; i < phases.size(); ++i)
    legend += fmt::format("<span class=\"key series{}\"></span>{} ", i % 4, html_escape(phases[i].name));
  return fmt::format("<p class=\"legend\">{}</p>\n<div class=\"pair\">{}</div>\n", legend, charts);
}

}  // namespace gulo
