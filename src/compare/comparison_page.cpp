#include "compare/comparison_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "compare/verdict.h"
#include "report/html_page.h"
#include "report/html_text.h"
#include "report/svg_chart.h"

namespace gulo {
namespace {

std::string card(const std::string& content) { return "<div class=\"card\">" + content + "</div>\n"; }

std::string tile(const std::string& value, const std::string& name) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", html_escape(value), html_escape(name));
}

std::string verdict_word(Verdict verdict) {
  if (verdict == Verdict::kTie) return "A tie";
  return verdict == Verdict::kBruteForce ? "Brute force wins" : "Preprocessing wins";
}

// What stands behind the verdict's name.
std::string reasons(const std::string& text) {
  std::string rest = text.substr(std::min(text.find(": ") + 2, text.size()));
  if (!rest.empty()) rest[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(rest[0])));
  return rest + ".";
}

std::string headline(const Comparison& c) {
  const Verdict verdict = judge(c);
  const char* tone = verdict == Verdict::kTie ? "" : verdict == Verdict::kBruteForce ? " won" : " lost";
  std::string out =
      fmt::format("<h1>gulo compare {}</h1>\n<div class=\"verdict{}\">{}</div>\n<p>{}</p>\n", html_escape(c.data), tone,
                  verdict_word(verdict), html_escape(reasons(verdict_text(c))));
  out += "<div class=\"tiles\">\n" + tile(c.laid.rival_kind, "kind of items");
  out += tile(format_count(c.laid.n_train), "items to train on");
  out += tile(format_count(c.laid.truth.size()),
              c.laid.own_split ? "items to test, a fifth of each label" : "items to test");
  out += tile(format_count(c.laid.labels.size()), "labels");
  out += tile(format_duration(c.budget_s), "gulo's budget");
  return out + tile(std::to_string(c.n_cores), c.n_cores == 1 ? "core for each" : "cores for each") + "</div>\n";
}

// A piece of a bar, in percent of the track.
std::string piece(double from, double to, double whole, const std::string& css_class, const std::string& tip) {
  return fmt::format("<i class=\"{}\" style=\"left:{:.3f}%;width:{:.3f}%\" data-tip=\"{}\"></i>", css_class,
                     100 * from / whole, 100 * std::max(0.0, to - from) / whole, html_escape(tip));
}

std::string bar_row(const std::string& name, const std::string& pieces, const std::string& value) {
  return fmt::format(
      "<div class=\"measure\"><span class=\"name\">{}</span><span class=\"track\">{}</span>"
      "<span class=\"number\">{}</span></div>\n",
      html_escape(name), pieces, html_escape(value));
}

std::string error_bars(const Comparison& c) {
  double high = 1e-6;
  for (const Contestant& one : c.contestants) high = std::max(high, one.error_high);
  std::string rows;
  for (const Contestant& one : c.contestants) {
    const std::string tip = fmt::format("{}: {}, 95 % interval {} to {}", one.name, format_percent(one.error),
                                        format_percent(one.error_low), format_percent(one.error_high));
    const char* colour = &one == &c.gulo() ? "ours" : "theirs";
    rows += bar_row(one.name,
                    piece(0, one.error, high, colour, tip) + piece(one.error_low, one.error_high, high, "whisker", tip),
                    format_percent(one.error));
  }
  return html_section("Error", "Of the same test items, shorter is better. The thin line is the 95 % interval.",
                      card(rows));
}

std::string time_bars(const Comparison& c) {
  double longest = 1e-6;
  for (const Contestant& one : c.contestants) longest = std::max(longest, one.total_s());
  std::string rows;
  for (const Contestant& one : c.contestants) {
    const double prepared = one.preprocess_s, trained = prepared + one.train_s;
    rows += bar_row(
        one.name,
        piece(0, prepared, longest, "prepare", one.name + ": preprocessing " + format_duration(one.preprocess_s)) +
            piece(prepared, trained, longest, "train", one.name + ": training " + format_duration(one.train_s)) +
            piece(trained, one.total_s(), longest, "predict",
                  one.name + ": prediction " + format_duration(one.predict_s)),
        format_duration(one.total_s()));
  }
  const std::string legend =
      "<p class=\"legend\"><span class=\"key fill prepare\"></span>preprocessing"
      "<span class=\"key fill train\"></span>training<span class=\"key fill predict\"></span>prediction</p>\n";
  return html_section("Time",
                      "Wall seconds on the same cores. What a person spends on writing a pipeline is in none of them.",
                      card(legend + rows));
}

std::string curve_section(const Comparison& c) {
  if (c.curve.empty()) return "";
  const Contestant& rival = c.best_rival();
  double high = rival.error;
  std::vector<std::pair<double, double>> points;
  for (const CurveStep& step : c.curve) {
    points.emplace_back(std::log2(step.factor), step.gulo.error);
    high = std::max(high, step.gulo.error);
  }
  high = high > 0 ? std::min(1.0, 1.15 * high) : 0.01;
  const auto percent = [high](double value) { return fmt::format("{:.{}f} %", 100 * value, high < 0.05 ? 1 : 0); };
  const auto seconds = [&c](double x) { return format_duration(c.budget_s * std::exp2(x)); };
  SvgChart chart({"budget", -2.3, 2.3, seconds}, {"test error", 0, high, percent}, 280);
  chart.line({{-2.3, rival.error}, {2.3, rival.error}}, "ideal");
  chart.line(points, "series0");
  for (const CurveStep& step : c.curve)
    chart.dot(std::log2(step.factor), step.gulo.error, "series0",
              fmt::format("{}: {}, {} to {}", format_duration(step.budget_s), format_percent(step.gulo.error),
                          format_percent(step.gulo.error_low), format_percent(step.gulo.error_high)));
  const std::string legend = fmt::format(
      "<p class=\"legend\"><span class=\"key series0\"></span>gulo<span class=\"key dashed\"></span>{}, which took "
      "{}</p>\n",
      html_escape(rival.name), html_escape(format_duration(rival.total_s())));
  return html_section("Error against budget", "What more, or less, computing time would change.",
                      card(legend + chart.svg("gulo's error at five budgets, and the best rival's")));
}

std::string figures(const Comparison& c) {
  std::string head = "<th>contestant</th><th>error</th><th>95 % interval</th><th>balanced error</th>";
  head += "<th>preprocessing</th><th>training</th><th>prediction</th><th>peak memory</th><th>lines of code</th>";
  std::string rows;
  for (const Contestant& one : c.contestants) {
    rows += fmt::format("<tr><td class=\"name\">{}</td>", html_escape(one.name));
    const auto number = [&rows](double value, const std::string& text) {
      rows += fmt::format("<td class=\"number\" data-v=\"{}\">{}</td>", value, html_escape(text));
    };
    number(one.error, format_percent(one.error));
    number(one.error_low, format_percent(one.error_low) + " to " + format_percent(one.error_high));
    number(one.balanced_error, format_percent(one.balanced_error));
    for (const double spent_s : {one.preprocess_s, one.train_s, one.predict_s})
      number(spent_s, format_duration(spent_s));
    number(one.peak_memory_bytes, format_bytes(one.peak_memory_bytes));
    number(one.n_lines, std::to_string(one.n_lines));
    rows += "</tr>\n";
  }
  std::string left_out;
  for (const LeftOut& one : c.left_out)
    left_out +=
        fmt::format("<p class=\"muted\">Left out: {}: {}</p>\n", html_escape(one.name), html_escape(one.reason));
  return html_section(
      "All figures", "Click a heading to sort. Balanced: every label weighs the same.",
      card("<table class=\"sortable\"><thead><tr>" + head + "</tr></thead>\n<tbody>\n" + rows + "</tbody></table>") +
          left_out);
}

// Line by line, as a line end is no printable text for html_escape; <pre> keeps the spaces.
std::string preformatted(std::string_view code) {
  std::string escaped;
  while (!code.empty()) {
    const size_t length = std::min(code.find('\n'), code.size());
    std::string line;
    for (const char c : code.substr(0, length)) {
      if (c == '\t') line.append(4, ' ');
      if (c != '\t' && c != '\r') line += c;
    }
    escaped += html_escape(line) + "\n";
    code.remove_prefix(std::min(length + 1, code.size()));
  }
  return escaped;
}

std::string code_section(const Comparison& c) {
  std::string figures;
  for (const Contestant& one : c.contestants) {
    const std::string size = &one == &c.gulo() ? "no pipeline" : fmt::format("{} lines", one.n_lines);
    figures += fmt::format("<figure><figcaption><b>{}</b> {}</figcaption><pre>{}</pre></figure>\n",
                           html_escape(one.name), size, preformatted(one.code));
  }
  return html_section("What a person writes and keeps",
                      "Lines are counted without blank lines, comments and documentation.",
                      "<div class=\"codes\">" + figures + "</div>\n");
}

std::string rules_section() {
  return html_section(
      "How it was measured", "",
      card(
          "<p>Everyone got the same training items and the same cores, one after the other, and the test items without "
          "their labels. gulo's seconds are those of its programs from start to end; a rival's leave out the start of "
          "Python and of its libraries. Memory is the largest process's. The verdict is on the rival with the lowest "
          "test error, which favours the rivals: McNemar's exact test at 0.05, and what chance could explain is a "
          "tie.</p>"));
}

}  // namespace

std::string comparison_page(const Comparison& c) {
  return html_page(
      fmt::format("{}: {}", verdict_word(judge(c)), c.data),
      headline(c) + error_bars(c) + time_bars(c) + curve_section(c) + figures(c) + code_section(c) + rules_section());
}

}  // namespace gulo
