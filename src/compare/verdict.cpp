#include "compare/verdict.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"

namespace gulo {
namespace {

std::string p_text(double p) { return p < 0.001 ? "p < 0.001" : fmt::format("p = {:.{}f}", p, p < 0.1 ? 3 : 2); }

bool same_time(double a_s, double b_s) { return std::abs(a_s - b_s) <= 0.2 * std::max(a_s, b_s); }

// "in the same 58 s", or "in 58 s against 9.1 s"; the first is the one whose error is named first.
std::string time_text(double first_s, double second_s) {
  if (same_time(first_s, second_s)) return fmt::format("in the same {}", format_duration(first_s));
  return fmt::format("in {} against {}", format_duration(first_s), format_duration(second_s));
}

std::string effort_text(const Contestant& rival) {
  std::string text = fmt::format("{} {}", rival.n_lines, rival.n_lines == 1 ? "line" : "lines");
  if (rival.preprocess_s >= 0.005) text += " and " + format_duration(rival.preprocess_s) + " of preprocessing";
  return text;
}

const CurveStep* step_of(const Comparison& comparison, double factor) {
  const auto found = std::ranges::find(comparison.curve, factor, &CurveStep::factor);
  return found == comparison.curve.end() ? nullptr : &*found;
}

std::string then_text(Verdict then, Verdict now) {
  if (then == now) return now == Verdict::kTie ? "still a tie" : "the same verdict";
  if (then == Verdict::kTie) return "it would be a tie";
  return then == Verdict::kBruteForce ? "brute force would win" : "preprocessing would win";
}

std::string longer_text(const Comparison& comparison, Verdict now) {
  const CurveStep* step = step_of(comparison, 4);
  if (step == nullptr) return "";
  const Contestant &gulo = comparison.gulo(), &longer = step->gulo;
  const double p = p_value_of(longer, comparison.best_rival(), comparison.laid.truth);
  const std::string change =
      longer.n_wrong == gulo.n_wrong
          ? fmt::format("leaves gulo's error at {}", format_percent(gulo.error))
          : fmt::format("takes gulo's error from {} to {}", format_percent(gulo.error), format_percent(longer.error));
  return fmt::format(". 4x the budget {}: {} ({})", change, then_text(judge(longer, comparison.best_rival(), p), now),
                     p_text(p));
}

}  // namespace

std::string verdict_name(Verdict verdict) {
  if (verdict == Verdict::kTie) return "tie";
  return verdict == Verdict::kBruteForce ? "brute-force" : "preprocessing";
}

Verdict judge(const Contestant& gulo, const Contestant& rival, double p_value) {
  if (!(p_value < kSignificance) || gulo.n_wrong == rival.n_wrong) return Verdict::kTie;
  return gulo.n_wrong < rival.n_wrong ? Verdict::kBruteForce : Verdict::kPreprocessing;
}

Verdict judge(const Comparison& comparison) {
  return judge(comparison.gulo(), comparison.best_rival(), comparison.best_rival().p_value);
}

std::string verdict_text(const Comparison& comparison) {
  const Contestant &gulo = comparison.gulo(), &rival = comparison.best_rival();
  const Verdict verdict = judge(comparison);
  const std::string p = "McNemar " + p_text(rival.p_value);
  std::string text;
  if (verdict == Verdict::kPreprocessing)
    text = fmt::format("preprocessing wins: {} by {} against {} error by gulo, {}; for that it needs {} ({})",
                       format_percent(rival.error), rival.name, format_percent(gulo.error),
                       time_text(rival.total_s(), gulo.total_s()), effort_text(rival), p);
  else
    text = fmt::format("{}: {} against {} error by {}, {}; the rival needs {} ({})",
                       verdict == Verdict::kTie ? "a tie" : "brute force wins", format_percent(gulo.error),
                       format_percent(rival.error), rival.name, time_text(gulo.total_s(), rival.total_s()),
                       effort_text(rival), p);
  return text + longer_text(comparison, verdict);
}

}  // namespace gulo
