#include "report/report_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/units.h"
#include "report/confusion_chart.h"
#include "report/report_parts.h"

namespace gulo {
namespace {

// What each label is most often mistaken for, or the label itself.
size_t favourite_mistake(const Evaluation& e, size_t label) {
  size_t favourite = label;
  for (size_t predicted = 0; predicted < e.labels.size(); ++predicted) {
    const uint64_t best = favourite == label ? 0 : e.confusion[label][favourite];
    if (predicted != label && e.confusion[label][predicted] > best) favourite = predicted;
  }
  return favourite;
}

// Lowest recall first; labels without items last.
std::vector<size_t> by_recall(const Evaluation& e) {
  std::vector<size_t> order(e.labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto key = [&](size_t label) { return e.scores[label].n_items ? e.scores[label].recall() : 2.0; };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  return order;
}

std::string label_row(const Evaluation& e, size_t label) {
  const LabelScore& score = e.scores[label];
  const size_t favourite = favourite_mistake(e, label);
  const std::string mistaken =
      favourite == label ? ""
                         : fmt::format("{} ({}×)", e.labels[favourite], format_count(e.confusion[label][favourite]));
  return "<tr>" + text_cell(e.labels[label]) + count_cell(score.n_items) + count_cell(score.n_items - score.n_correct) +
         bar_cell(score.recall(), "good") + bar_cell(score.precision(), "good") + text_cell(mistaken) + "</tr>\n";
}

}  // namespace

std::string confused_pairs_table(const Evaluation& e) {
  constexpr size_t kMaxPairs = 14;
  std::vector<ConfusedPair> pairs = confused_pairs(e);
  if (pairs.size() > kMaxPairs) pairs.resize(kMaxPairs);
  std::string out =
      "<table><thead><tr><th>is</th><th>recognised as</th><th class=\"number\">items</th><th>of the "
      "label</th></tr></thead>"
      "<tbody>\n";
  for (const ConfusedPair& pair : pairs)
    out += "<tr>" + text_cell(e.labels[pair.label]) + text_cell(e.labels[pair.predicted]) + count_cell(pair.n_items) +
           bar_cell(static_cast<double>(pair.n_items) / static_cast<double>(e.scores[pair.label].n_items), "bad") +
           "</tr>\n";
  return out + "</tbody></table>\n";
}

std::string label_table(const Evaluation& e) {
  constexpr size_t kMaxRows = 1000;
  std::vector<size_t> order = by_recall(e);
  if (order.size() > kMaxRows) order.resize(kMaxRows);
  std::string out =
      "<div class=\"scroll\"><table class=\"sortable\"><thead><tr><th>label</th><th class=\"number\">items</th>"
      "<th class=\"number\">wrong</th><th aria-sort=\"ascending\">found (recall)</th><th>trusted (precision)</th>"
      "<th>mostly mistaken for</th></tr></thead><tbody>\n";
  for (const size_t label : order) out += label_row(e, label);
  return out + "</tbody></table></div>\n";
}

std::string mistake_table(const Evaluation& e) {
  std::string out =
      "<div class=\"scroll\"><table class=\"sortable\"><thead><tr><th>item</th><th>is</th><th>recognised as</th>"
      "<th aria-sort=\"descending\">how sure</th></tr></thead><tbody>\n";
  for (const Mistake& mistake : e.mistakes)
    out += "<tr>" + text_cell(mistake.name, "path") + text_cell(e.labels[static_cast<size_t>(mistake.label)]) +
           text_cell(e.labels[static_cast<size_t>(mistake.predicted)]) + bar_cell(mistake.probability, "bad") +
           "</tr>\n";
  return out + "</tbody></table></div>\n";
}

}  // namespace gulo
