#include "report/html_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/units.h"
#include "report/confusion_chart.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/reliability_chart.h"
#include "report/report_parts.h"
#include "report/report_tables.h"

namespace gulo {
namespace {

uint64_t n_wrong(const Evaluation& e) {
  uint64_t n_correct = 0;
  for (const LabelScore& score : e.scores) n_correct += score.n_correct;
  return e.n_items - n_correct;
}

// The error and its interval on a line from zero.
std::string interval_strip(const Evaluation& e) {
  constexpr double kWidth = 640;
  const double high = std::clamp(e.error_high * 1.25, 1e-6, 1.0);
  const auto px = [&](double error) { return 4 + std::min(1.0, error / high) * (kWidth - 60); };
  return fmt::format(
      "<svg class=\"strip\" viewBox=\"0 0 640 40\" role=\"img\" aria-label=\"Error with its interval\">"
      "<line class=\"axis\" x1=\"4\" x2=\"{0:.1f}\" y1=\"15\" y2=\"15\"/>"
      "<rect class=\"fill good\" fill-opacity=\"0.35\" x=\"{1:.1f}\" y=\"8\" width=\"{2:.1f}\" height=\"14\" rx=\"4\"/>"
      "<rect class=\"fill good\" x=\"{3:.1f}\" y=\"4\" width=\"4\" height=\"22\" rx=\"2\"/>"
      "<text x=\"4\" y=\"38\">0</text><text x=\"{0:.1f}\" y=\"38\" text-anchor=\"middle\">{4}</text></svg>\n",
      px(high), px(e.error_low), std::max(2.0, px(e.error_high) - px(e.error_low)), px(e.error) - 2,
      format_percent(high));
}

std::string headline(const std::string& model_path, const std::string& test_data, const Evaluation& e) {
  const std::string names = fmt::format("gulo test {} {}", model_path, test_data);
  if (e.n_items == 0)
    return fmt::format("<h1>{}</h1>\n<div class=\"error\">no items <small>were tested</small></div>\n",
                       html_escape(names));
  std::string out = fmt::format("<h1>{}</h1>\n<div class=\"result\"><div class=\"error\">{} <small>error</small></div>",
                                html_escape(names), format_percent(e.error));
  out += fmt::format("<div class=\"interval\">95&nbsp;% interval {} to {}</div></div>\n", format_percent(e.error_low),
                     format_percent(e.error_high));
  out += interval_strip(e);
  out += fmt::format("<p class=\"muted\">{} of {} items were recognised wrongly{}.</p>\n", format_count(n_wrong(e)),
                     format_count(e.n_items),
                     e.n_bad ? fmt::format("; {} more could not be read and are left out", format_count(e.n_bad)) : "");
  out += "<div class=\"tiles\">\n" + tile(format_count(e.labels.size()), "labels") +
         tile(format_percent(e.balanced_error), "error, every label weighing the same");
  if (e.labels.size() > 5) out += tile(format_percent(e.top5_error), "right label not among the first five");
  out += tile(format_percent(e.ece), "calibration error (ECE)");
  out += tile(fmt::format("{:.3f}", e.nll), "mean negative log-likelihood, nats");
  return out + "</div>\n";
}

std::string confusion_section(const Evaluation& e) {
  std::string explanation =
      "Blue is right, red is wrong; the stronger the colour, the larger the share of the row. Point at a cell to read "
      "it.";
  const size_t n_shown = shown_labels(e).size();
  if (n_shown < e.labels.size())
    explanation +=
        fmt::format(" Shown are the {} labels with most mistakes of {}.", n_shown, format_count(e.labels.size()));
  std::string content = confusion_chart(e);
  if (n_wrong(e) > 0) content += "<div><h3>Confused most often</h3>" + confused_pairs_table(e) + "</div>";
  return html_section("What is taken for what", explanation, card("<div class=\"beside\">" + content + "</div>"));
}

std::string reliability_section(const Evaluation& e) {
  const std::string legend =
      "<p class=\"legend\"><span class=\"key fill good\"></span>right answers"
      "<span class=\"key fill over\"></span>right less often than sure"
      "<span class=\"key fill under\"></span>right more often than sure</p>";
  return html_section(
      "How far its probabilities can be trusted",
      fmt::format("Bars that end on the dashed line are honest: of the answers given with 80 %, 80 % are right. The "
                  "mean gap, weighed by items, is the expected calibration error: {}.",
                  format_percent(e.ece)),
      card(legend + "<div class=\"reliability\">" + reliability_chart(e) + "</div>"));
}

std::string mistake_section(const Evaluation& e) {
  if (e.mistakes.empty())
    return html_section("Its surest mistakes", "", card("None: every item was recognised rightly."));
  const std::string explanation =
      "Wrong with most confidence first. Look here for wrong labels in the data as well: they show up as sure "
      "mistakes.";
  return html_section("Its surest mistakes", explanation, card(mistake_table(e)));
}

}  // namespace

std::string html_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                        const Evaluation& evaluation) {
  std::string body = headline(model_path, test_data, evaluation);
  body += recogniser_section(model_path, spec);
  if (evaluation.n_items > 0) {
    body += confusion_section(evaluation);
    body += html_section("Label by label", "Click a heading to sort.", card(label_table(evaluation)));
    body += mistake_section(evaluation);
    body += reliability_section(evaluation);
  }
  body += training_section(spec);
  const std::string file_name = std::filesystem::path(model_path).filename().string();
  return html_page(fmt::format("{}: {} error", file_name, format_percent(evaluation.error)), body);
}

}  // namespace gulo
