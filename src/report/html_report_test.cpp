#include "report/html_report.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "base/utf8.h"
#include "report/confusion_chart.h"
#include "report/html_text.h"
#include "report/reliability_chart.h"
#include "report/report_tables.h"
#include "report/svg_chart.h"
#include "report/training_chart.h"

namespace gulo {
namespace {

// The text from `begin` on, up to `stop`, which is left out; moves `begin` behind it.
std::string take_until(const std::string& text, const std::string& stop, size_t& begin) {
  const size_t end = std::min(text.find(stop, begin), text.size());
  const std::string taken = text.substr(begin, end - begin);
  begin = std::min(end + stop.size(), text.size());
  return taken;
}

// Every opened element is closed in order, quotes are paired, no bracket is bare. What browsers forgive, readers of the
// code need not.
std::string markup_error(const std::string& html) {
  std::vector<std::string> open;
  for (size_t at = 0; at < html.size();) {
    if (const std::string text = take_until(html, "<", at); text.find('>') != std::string::npos)
      return "bare >: " + text;
    const std::string tag = take_until(html, ">", at);
    if (tag.find('<') != std::string::npos || std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "broken: " + tag;
    const std::string name = tag.substr(0, tag.find_first_of(" /\n", 1));
    if (tag.empty() || name == "!DOCTYPE" || name == "meta" || tag.back() == '/') continue;
    if (name == "style" || name == "script") {
      take_until(html, "</" + name + ">", at);
    } else if (name.front() != '/') {
      open.push_back(name);
    } else if (open.empty() || "/" + open.back() != name) {
      return "unexpected " + tag;
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

TEST(MarkupError, FindsWhatIsWrong) {
  EXPECT_EQ(markup_error("<!DOCTYPE html><p class=\"a\">x<br/></p><script>1 < 2 > 3</script>"), "");
  for (const char* html : {"<p>", "<b><p></b></p>", "<p>1 > 2</p>", "<p a=\"<b>\">x</p>", "<p a=\">x</p>", "</p>"})
    EXPECT_NE(markup_error(html), "") << html;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

// `n_labels` labels, `n_items` items; about one in ten is taken for the next label.
Evaluation example(size_t n_labels, size_t n_items, const std::string& prefix = "label") {
  std::vector<std::string> labels, names;
  for (size_t i = 0; i < n_labels; ++i) labels.push_back(prefix + std::to_string(i));
  std::vector<float> probabilities;
  std::vector<int> item_labels;
  Rng rng(1);
  for (size_t i = 0; i < n_items; ++i) {
    const size_t truth = i % n_labels, predicted = (truth + (rng.below(10) == 0)) % n_labels;
    const auto confidence = static_cast<float>(0.5 + 0.5 * rng.uniform());
    for (size_t label = 0; label < n_labels; ++label)
      probabilities.push_back(label == predicted ? confidence : (1 - confidence) / static_cast<float>(n_labels - 1));
    item_labels.push_back(static_cast<int>(truth));
    names.push_back(prefix + "/" + std::to_string(i));
  }
  return evaluate(labels, probabilities, item_labels, names);
}

ModelSpec example_spec() {
  ModelSpec spec;
  spec.wide = WideSpec{};
  spec.training = nlohmann::json::parse(R"({"n_items": 12398, "budget_s": 60, "machine": {"cpu": "Xeon", "cores": 2},
      "valid_error": 0.0181, "curve": [{"phase": "wide", "seconds": 1, "loss": 2, "valid_error": null},
      {"phase": "wide", "seconds": 2, "loss": 1, "valid_error": 0.2},
      {"phase": "deep", "seconds": 3, "loss": 0.5, "valid_error": 0.1}]})");
  return spec;
}

TEST(HtmlText, EscapesEverything) {
  EXPECT_EQ(html_escape("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  EXPECT_EQ(html_escape(std::string("a\0\x1b\n\x7f\xff", 6)), "a\\x00\\x1b\\x0a\\x7f\\xff");
  EXPECT_EQ(html_escape("é 漢"), "é 漢");
}

TEST(HtmlText, ShortensByCharacters) {
  EXPECT_EQ(shortened("ééé", 3), "ééé");
  EXPECT_EQ(shortened("éééé", 3), "éé…");
  EXPECT_EQ(n_characters("é漢a"), 3u);
}

TEST(SvgChart, TicksAreRound) {
  EXPECT_EQ(round_ticks(0, 100, 5), (std::vector<double>{0, 20, 40, 60, 80, 100}));
  EXPECT_EQ(round_ticks(0, 1, 4), (std::vector<double>{0, 0.5, 1}));
  EXPECT_FALSE(std::signbit(round_ticks(0, 1, 4)[0]));
  EXPECT_EQ(round_ticks(0, 7, 5), (std::vector<double>{0, 2, 4, 6}));
}

TEST(HtmlReport, ShowsErrorIntervalAndSections) {
  const Evaluation e = example(12, 600);
  const std::string html = html_report("m.gulo", example_spec(), "data/test", e);
  EXPECT_EQ(markup_error(html), "");
  for (const std::string& part :
       {fmt::format("{:.2f} %", 100 * e.error),
        fmt::format("{:.2f} % to {:.2f} %", 100 * e.error_low, 100 * e.error_high), std::string("12,398"),
        std::string("cores 2, cpu Xeon"), std::string("1.81 %"), std::string("What is taken for what"),
        std::string("Label by label"), std::string("surest mistakes"), std::string("How training went"),
        fmt::format("{:.2f} %", 100 * e.ece)})
    EXPECT_NE(html.find(part), std::string::npos) << part;
}

TEST(HtmlReport, LoadsNothingFromElsewhere) {
  const std::string html = html_report("m.gulo", example_spec(), "data", example(5, 100));
  for (const char* part : {"http:", "https:", "src=", "href=", "@import", "url(h", "//cdn"})
    EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST(HtmlReport, HostileNamesStayText) {
  const std::string evil = "<script>alert('x')</script>\"\xff\x01&";
  ModelSpec spec = example_spec();
  spec.training["data"] = evil;
  spec.training["machine"] = {{evil, evil}};
  spec.training["curve"].push_back({{"phase", evil}, {"seconds", 4}, {"loss", 1}, {"valid_error", 0.1}});
  const std::string html = html_report(evil, spec, evil, example(4, 80, evil));
  EXPECT_EQ(markup_error(html), "");
  EXPECT_EQ(count_of(html, "<script>"), 1u);  // the page's own
  EXPECT_EQ(printable_utf8(html), html);
}

TEST(HtmlReport, AnyTrainingRecordWillDo) {
  const Evaluation e = example(3, 30);
  for (const char* record :
       {"{}", R"({"curve": 3})", R"({"curve": [1, {"phase": 2}, {"phase": "wide", "seconds": "x"}]})",
        R"({"n_items": "many", "budget_s": null, "machine": [1], "valid_error": true, "steps": -1})",
        R"({"curve": [{"phase": "wide", "seconds": 0, "loss": 0, "valid_error": 0}]})"}) {
    ModelSpec spec = example_spec();
    spec.training = nlohmann::json::parse(record);
    EXPECT_EQ(markup_error(html_report("m", spec, "d", e)), "") << record;
  }
}

TEST(HtmlReport, NothingTestedAndNothingWrong) {
  const std::string nothing = html_report("m", example_spec(), "d", evaluate({"a", "b"}, {}, {}, {}));
  EXPECT_EQ(markup_error(nothing), "");
  EXPECT_NE(nothing.find("no items"), std::string::npos);
  const std::string perfect =
      html_report("m", example_spec(), "d",
                  evaluate({"a", "b"}, std::vector<float>{1, 0, 0, 1}, std::vector<int>{0, 1}, {"x", "y"}));
  EXPECT_EQ(markup_error(perfect), "");
  EXPECT_NE(perfect.find("0.00 %"), std::string::npos);
  EXPECT_NE(perfect.find("every item was recognised rightly"), std::string::npos);
  EXPECT_EQ(perfect.find("nan"), std::string::npos);
}

TEST(ConfusionChart, OneCellForEveryPairThatOccurs) {
  const Evaluation e = example(30, 900);
  const std::string svg = confusion_chart(e);
  EXPECT_EQ(count_of(svg, "class=\"fill good\""), 30u);
  EXPECT_EQ(count_of(svg, "class=\"fill bad\""), confused_pairs(e).size());
  EXPECT_GT(confused_pairs(e).size(), 5u);
  EXPECT_GE(confused_pairs(e)[0].n_items, confused_pairs(e)[1].n_items);
}

TEST(ConfusionChart, ManyLabelsAreCutToTheWorst) {
  const Evaluation e = example(150, 600);
  const std::vector<size_t> shown = shown_labels(e);
  ASSERT_EQ(shown.size(), 100u);
  for (const ConfusedPair& pair : confused_pairs(e))
    EXPECT_TRUE(std::find(shown.begin(), shown.end(), pair.label) != shown.end()) << pair.label;
}

TEST(TrainingChart, PhasesGetTheirOwnLines) {
  const std::string svg = training_charts(example_spec().training.at("curve"));
  EXPECT_EQ(count_of(svg, "<svg"), 2u);
  EXPECT_EQ(count_of(svg, "class=\"line series0\""), 2u);
  EXPECT_EQ(count_of(svg, "class=\"line series1\""), 2u);
  EXPECT_EQ(training_charts(nlohmann::json::array()), "");
}

TEST(ReliabilityChart, EmptyBinsAreLeftOut) {
  const Evaluation e = evaluate({"a", "b"}, std::vector<float>{0.9f, 0.1f, 0.91f, 0.09f, 0.6f, 0.4f},
                                std::vector<int>{0, 0, 1}, {"x", "y", "z"});
  EXPECT_EQ(count_of(reliability_chart(e), "class=\"fill quiet\""), 2u);
  EXPECT_EQ(count_of(reliability_chart(e), "class=\"fill over\""), 1u);
  EXPECT_EQ(count_of(reliability_chart(e), "class=\"fill under\""), 1u);
}

TEST(LabelTable, WorstLabelFirst) {
  const Evaluation e = evaluate({"good", "poor", "unseen"}, std::vector<float>{1, 0, 0, 1, 0, 0, 0, 1, 0},
                                std::vector<int>{0, 1, 1}, {"x", "y", "z"});
  const std::string table = label_table(e);
  EXPECT_LT(table.find(">poor<"), table.find(">good<"));
  EXPECT_LT(table.find(">good<"), table.find(">unseen<"));
  EXPECT_NE(table.find("50.0 %"), std::string::npos);
}

}  // namespace
}  // namespace gulo
