#include "report/report_parts.h"

#include <fmt/core.h>

#include <cmath>

#include "base/units.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/model_facts.h"
#include "report/training_chart.h"

namespace gulo {

std::string card(const std::string& content) { return "<div class=\"card\">" + content + "</div>\n"; }

std::string tile(const std::string& value, const std::string& name) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", html_escape(value), html_escape(name));
}

std::string recogniser_section(const std::string& model_path, const ModelSpec& spec) {
  return html_section("The recogniser", "", card(model_facts(model_path, spec)));
}

std::string training_section(const ModelSpec& spec) {
  const auto curve = spec.training.find("curve");
  const std::string charts = curve == spec.training.end() ? "" : training_charts(*curve);
  if (charts.empty()) return "";
  const char* const error = spec.task == Task::kNumber   ? ": the RMSE as a share of the numbers' deviation"
                            : spec.task == Task::kLabels ? ": 1 - micro F1"
                                                         : "";
  return html_section(
      "How training went",
      fmt::format("The validation error is measured on a part of the training data that is kept aside{}.", error),
      card(charts));
}

std::string bar_cell(double fraction, const char* css_class) {
  if (!std::isfinite(fraction)) return "<td class=\"number\" data-v=\"2\">–</td>";
  return fmt::format(
      "<td class=\"barred\" data-v=\"{0:.6f}\"><span class=\"bar {1}\"><i style=\"width:{2:.1f}%\"></i></span>"
      "<span class=\"number\">{3}</span></td>",
      fraction, css_class, 100 * fraction, short_percent(fraction));
}

std::string count_cell(uint64_t count) {
  return fmt::format("<td class=\"number\" data-v=\"{}\">{}</td>", count, format_count(count));
}

std::string text_cell(const std::string& text, const char* css_class) {
  return fmt::format("<td class=\"{}\">{}</td>", css_class, html_escape(text));
}

std::string number_cell(double value) {
  return fmt::format("<td class=\"number\" data-v=\"{0:.9g}\">{0:.6g}</td>", value);
}

}  // namespace gulo
