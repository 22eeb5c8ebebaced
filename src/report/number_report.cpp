#include "report/number_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/units.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/report_parts.h"
#include "report/svg_chart.h"

namespace gulo {
namespace {

constexpr size_t kMaxDots = 2000, kResidualBins = 31;

std::string text_of(double value) { return std::isfinite(value) ? fmt::format("{:.5g}", value) : "–"; }

std::string headline(const std::string& model_path, const std::string& test_data, const NumberEvaluation& e) {
  const std::string names = html_escape(fmt::format("gulo test {} {}", model_path, test_data));
  if (e.n_items == 0)
    return fmt::format("<h1>{}</h1>\n<div class=\"error\">no items <small>were tested</small></div>\n", names);
  std::string out = fmt::format(
      "<h1>{}</h1>\n<div class=\"result\"><div class=\"error\">{} <small>RMSE</small></div>"
      "<div class=\"interval\">95&nbsp;% interval {} to {}</div></div>\n",
      names, text_of(e.rmse), text_of(e.rmse_low), text_of(e.rmse_high));
  out += fmt::format(
      "<p class=\"muted\">The root of the mean squared error over {} items{}. Always answering the training items' "
      "mean "
      "would give {}.</p>\n",
      format_count(e.n_items),
      e.n_bad ? fmt::format("; {} more could not be read and are left out", format_count(e.n_bad)) : "",
      text_of(e.baseline_rmse));
  return out + "<div class=\"tiles\">\n" + tile(text_of(e.r2), "R², share of the variance explained") +
         tile(text_of(e.mae), "mean absolute error") +
         tile(text_of(e.baseline_mae), "mean absolute error of always answering the mean") +
         tile(text_of(e.bias), "answers too high by, on average") + "</div>\n";
}

// A little room at both ends; never empty.
ChartAxis axis_over(const std::string& title, double low, double high) {
  const double room = high > low ? 0.03 * (high - low) : std::max(1.0, std::abs(low));
  return {title, low - room, high + room, {}};
}

std::string scatter(const NumberEvaluation& e) {
  const auto [least_number, most_number] = std::ranges::minmax(e.numbers);
  const auto [least_answer, most_answer] = std::ranges::minmax(e.predicted);
  const double low = std::min(least_number, least_answer), high = std::max(most_number, most_answer);
  SvgChart chart(axis_over("is", low, high), axis_over("recognised as", low, high), 420);
  const size_t stride = e.n_items / kMaxDots + 1;
  for (size_t i = 0; i < e.n_items; i += stride)
    chart.dot(e.numbers[i], e.predicted[i], "series0",
              fmt::format("{:.6g} recognised as {:.6g}", e.numbers[i], e.predicted[i]));
  chart.line({{low, low}, {high, high}}, "ideal");
  return chart.svg("Predicted numbers over true ones");
}

std::string histogram(const NumberEvaluation& e) {
  std::vector<double> misses;
  double most = 0;
  for (size_t i = 0; i < e.n_items; ++i) {
    misses.push_back(e.predicted[i] - e.numbers[i]);
    most = std::max(most, std::abs(misses.back()));
  }
  if (!(most > 0)) most = 1;
  std::vector<size_t> counts(kResidualBins);
  const double width = 2 * most / kResidualBins;
  for (const double miss : misses) ++counts[std::min(kResidualBins - 1, static_cast<size_t>((miss + most) / width))];
  const auto largest = static_cast<double>(std::ranges::max(counts));
  SvgChart chart({"too low, or too high, by", -most, most, {}}, {"items", 0, largest * 1.05, {}}, 300);
  for (size_t b = 0; b < kResidualBins; ++b) {
    const double left = -most + static_cast<double>(b) * width;
    if (counts[b] > 0)
      chart.rect(left + 0.06 * width, 0, left + 0.94 * width, static_cast<double>(counts[b]), "fill quiet",
                 fmt::format("{} items off by {:.4g} to {:.4g}", format_count(counts[b]), left, left + width));
  }
  chart.line({{0, 0}, {0, largest * 1.05}}, "ideal");
  return chart.svg("How many items are off by how much");
}

std::string answers_section(const NumberEvaluation& e) {
  std::string explanation = "Each dot is an item; on the dashed line it is right. Point at it to read it.";
  if (const size_t stride = e.n_items / kMaxDots + 1; stride > 1)
    explanation += fmt::format(" Shown is each {}th item.", stride);
  return html_section("What is recognised as what", explanation,
                      card("<div class=\"pair\">" + scatter(e) + histogram(e) + "</div>"));
}

std::string misses_section(const NumberEvaluation& e) {
  std::string table =
      "<div class=\"scroll\"><table class=\"sortable\"><thead><tr><th>item</th><th class=\"number\">is</th>"
      "<th class=\"number\">recognised as</th><th class=\"number\">off by</th></tr></thead><tbody>\n";
  for (const NumberMiss& miss : e.misses)
    table += "<tr>" + text_cell(miss.name, "path") + number_cell(miss.number) + number_cell(miss.predicted) +
             number_cell(miss.predicted - miss.number) + "</tr>\n";
  return html_section("Farthest off", "Look here for wrong numbers in the data as well.",
                      card(table + "</tbody></table></div>\n"));
}

}  // namespace

std::string number_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                          const NumberEvaluation& evaluation) {
  std::string body = headline(model_path, test_data, evaluation);
  body += recogniser_section(model_path, spec);
  if (evaluation.n_items > 0) body += answers_section(evaluation) + misses_section(evaluation);
  body += training_section(spec);
  const std::string file_name = std::filesystem::path(model_path).filename().string();
  return html_page(fmt::format("{}: RMSE {}", file_name, text_of(evaluation.rmse)), body);
}

}  // namespace gulo
