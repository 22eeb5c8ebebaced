#include "report/labels_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/units.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/report_parts.h"

namespace gulo {
namespace {

constexpr size_t kMaxRows = 1000;

std::string share(double value) { return std::isfinite(value) ? fmt::format("{:.3f}", value) : "–"; }

std::string headline(const std::string& model_path, const std::string& test_data, const LabelsEvaluation& e) {
  const std::string names = html_escape(fmt::format("gulo test {} {}", model_path, test_data));
  if (e.n_items == 0)
    return fmt::format("<h1>{}</h1>\n<div class=\"error\">no items <small>were tested</small></div>\n", names);
  std::string out = fmt::format(
      "<h1>{}</h1>\n<div class=\"result\"><div class=\"error\">{} <small>micro F1</small></div>"
      "<div class=\"interval\">95&nbsp;% interval {} to {}</div></div>\n",
      names, share(e.micro_f1), share(e.micro_f1_low), share(e.micro_f1_high));
  out += fmt::format(
      "<p class=\"muted\">Over {} items{}; they have {:.2f} labels on average, and {:.2f} were given. A label is given "
      "where its probability is 0.5 or more.</p>\n",
      format_count(e.n_items),
      e.n_bad ? fmt::format("; {} more could not be read and are left out", format_count(e.n_bad)) : "",
      e.labels_per_item, e.given_per_item);
  return out + "<div class=\"tiles\">\n" + tile(format_count(e.labels.size()), "labels") +
         tile(share(e.macro_f1), "macro F1, every label weighing the same") +
         tile(share(e.mean_average_precision), "mean average precision") +
         tile(short_percent(e.exact_match), "items with all labels right") +
         tile(short_percent(e.hamming_loss), "of all pairs of item and label wrong (Hamming loss)") + "</div>\n";
}

// Lowest F1 first; labels without items last.
std::vector<size_t> by_f1(const LabelsEvaluation& e) {
  std::vector<size_t> order(e.labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t k) { return e.scores[k].n_items ? e.scores[k].f1() : 2.0; });
  if (order.size() > kMaxRows) order.resize(kMaxRows);
  return order;
}

std::string label_section(const LabelsEvaluation& e) {
  std::string table =
      "<div class=\"scroll\"><table class=\"sortable\"><thead><tr><th>label</th><th class=\"number\">items</th>"
      "<th class=\"number\">given</th><th aria-sort=\"ascending\">F1</th><th>found (recall)</th>"
      "<th>trusted (precision)</th><th>average precision</th></tr></thead><tbody>\n";
  for (const size_t k : by_f1(e)) {
    const LabelSetScore& score = e.scores[k];
    table += "<tr>" + text_cell(e.labels[k]) + count_cell(score.n_items) + count_cell(score.n_predicted) +
             bar_cell(score.f1(), "good") + bar_cell(score.recall(), "good") + bar_cell(score.precision(), "good") +
             bar_cell(score.average_precision, "good") + "</tr>\n";
  }
  return html_section("Label by label", "Click a heading to sort.", card(table + "</tbody></table></div>\n"));
}

std::string names_of(const LabelsEvaluation& e, const std::vector<int>& labels, const std::vector<int>& but_these) {
  std::string text;
  for (const int label : labels)
    if (std::ranges::find(but_these, label) == but_these.end())
      text += (text.empty() ? "" : ", ") + e.labels[static_cast<size_t>(label)];
  return text;
}

std::string mistake_section(const LabelsEvaluation& e) {
  if (e.mistakes.empty()) return html_section("Its worst items", "", card("None: all labels of all items are right."));
  std::string table =
      "<div class=\"scroll\"><table class=\"sortable\"><thead><tr><th>item</th><th>labels</th><th>missed</th>"
      "<th>given wrongly</th></tr></thead><tbody>\n";
  for (const LabelSetMistake& mistake : e.mistakes)
    table += "<tr>" + text_cell(mistake.name, "path") + text_cell(names_of(e, mistake.labels, {})) +
             text_cell(names_of(e, mistake.labels, mistake.predicted)) +
             text_cell(names_of(e, mistake.predicted, mistake.labels)) + "</tr>\n";
  return html_section("Its worst items",
                      "What is least probable to it first. Look here for wrong labels in the data as well.",
                      card(table + "</tbody></table></div>\n"));
}

}  // namespace

std::string labels_report(const std::string& model_path, const ModelSpec& spec, const std::string& test_data,
                          const LabelsEvaluation& evaluation) {
  std::string body = headline(model_path, test_data, evaluation);
  body += recogniser_section(model_path, spec);
  if (evaluation.n_items > 0) body += label_section(evaluation) + mistake_section(evaluation);
  body += training_section(spec);
  const std::string file_name = std::filesystem::path(model_path).filename().string();
  return html_page(fmt::format("{}: micro F1 {}", file_name, share(evaluation.micro_f1)), body);
}

}  // namespace gulo
