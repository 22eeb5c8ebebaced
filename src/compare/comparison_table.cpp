#include "compare/comparison_table.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/units.h"
#include "compare/verdict.h"

namespace gulo {
namespace {

using Row = std::vector<std::string>;

// The first column to the left, the others to the right.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}", row[0], widths[0]);
    for (size_t i = 1; i < row.size(); ++i) line += fmt::format("  {:>{}}", row[i], widths[i]);
    text += line + "\n";
  }
  return text;
}

std::string interval_text(const Contestant& c) {
  return fmt::format("{:.2f} to {:.2f} %", 100 * c.error_low, 100 * c.error_high);
}

Row row_of(const Contestant& c, bool uneven) {
  Row row{c.name, format_percent(c.error), interval_text(c)};
  if (uneven) row.push_back(format_percent(c.balanced_error));
  for (const double seconds : {c.preprocess_s, c.train_s, c.predict_s}) row.push_back(format_duration(seconds));
  row.push_back(format_bytes(c.peak_memory_bytes));
  row.push_back(std::to_string(c.n_lines));
  return row;
}

std::string curve_table(const Comparison& comparison) {
  if (comparison.curve.empty()) return "";
  std::vector<Row> rows{{"gulo's budget", "error", "95 % interval", "total"}};
  for (const CurveStep& step : comparison.curve)
    rows.push_back({format_duration(step.budget_s), format_percent(step.gulo.error), interval_text(step.gulo),
                    format_duration(step.gulo.total_s())});
  return fmt::format("\n{}", aligned(rows));
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
  Row head{"contestant", "error", "95 % interval"};
  if (comparison.uneven) head.push_back("balanced");
  head.insert(head.end(), {"preprocessing", "training", "prediction", "memory", "lines"});
  std::vector<Row> rows{head};
  for (const Contestant& contestant : comparison.contestants) rows.push_back(row_of(contestant, comparison.uneven));
  std::string text = aligned(rows) + curve_table(comparison);
  for (const LeftOut& one : comparison.left_out) text += fmt::format("left out: {}: {}\n", one.name, one.reason);
  return text + "\n" + verdict_text(comparison) + "\n";
}

}  // namespace gulo
