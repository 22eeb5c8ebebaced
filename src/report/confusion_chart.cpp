#include "report/confusion_chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/units.h"
#include "report/html_text.h"

namespace gulo {
namespace {

constexpr size_t kMaxLabels = 100;
constexpr size_t kMaxLabelCharacters = 16;

class HeatMap {
 public:
  explicit HeatMap(const Evaluation& evaluation) : e_(evaluation), shown_(shown_labels(evaluation)) {
    const auto n = static_cast<double>(std::max<size_t>(shown_.size(), 1));
    cell_px_ = std::clamp(560 / n, 9.0, 72.0);
    font_px_ = std::clamp(cell_px_ * 0.78, 7.5, 13.0);
    size_t longest = 1;
    for (const size_t label : shown_)
      longest = std::max(longest, n_characters(shortened(e_.labels[label], kMaxLabelCharacters)));
    const double label_px = static_cast<double>(longest) * font_px_ * 0.62 + 8;
    upright_ = label_px > cell_px_;
    left_ = label_px + kTitlePx;
    top_ = (upright_ ? label_px : font_px_ + 8) + kTitlePx;
    side_ = cell_px_ * static_cast<double>(shown_.size());
  }

  std::string svg() const {
    const double width = left_ + side_ + 2, height = top_ + side_ + 2;
    std::string out = fmt::format(
        "<svg class=\"heat\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" "
        "aria-label=\"Confusion matrix of {2} labels\">\n",
        width, height, shown_.size());
    out += ground();
    for (size_t row = 0; row < shown_.size(); ++row) out += row_label(row) + column_label(row);
    for (size_t row = 0; row < shown_.size(); ++row)
      for (size_t column = 0; column < shown_.size(); ++column) out += cell(row, column);
    return out + "</svg>\n";
  }

 private:
  static constexpr double kTitlePx = 22;

  std::string ground() const {
    return fmt::format(
        "<defs><pattern id=\"cells\" x=\"{0:.2f}\" y=\"{1:.2f}\" width=\"{2:.3f}\" height=\"{2:.3f}\" "
        "patternUnits=\"userSpaceOnUse\"><path class=\"grid\" d=\"M0 {2:.3f}V0H{2:.3f}\"/></pattern></defs>\n"
        "<rect class=\"ground\" x=\"{0:.2f}\" y=\"{1:.2f}\" width=\"{3:.2f}\" height=\"{3:.2f}\"/>\n"
        "<rect class=\"frame\" fill=\"url(#cells)\" x=\"{0:.2f}\" y=\"{1:.2f}\" width=\"{3:.2f}\" "
        "height=\"{3:.2f}\"/>\n"
        "<text class=\"title\" x=\"{4:.1f}\" y=\"12\" text-anchor=\"middle\">recognised as</text>\n"
        "<text class=\"title\" x=\"2\" y=\"{5:.1f}\">is</text>\n",
        left_, top_, cell_px_, side_, left_ + side_ / 2, top_ + side_ / 2);
  }

  double middle(size_t index) const { return (static_cast<double>(index) + 0.5) * cell_px_; }
  std::string name(size_t index) const { return html_escape(shortened(e_.labels[shown_[index]], kMaxLabelCharacters)); }

  std::string row_label(size_t row) const {
    return fmt::format("<text style=\"font-size:{:.1f}px\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n",
                       font_px_, left_ - 5, top_ + middle(row) + font_px_ * 0.36, name(row));
  }

  std::string column_label(size_t column) const {
    const double x = left_ + middle(column);
    if (!upright_)
      return fmt::format(
          "<text style=\"font-size:{:.1f}px\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", font_px_,
          x, top_ - 6, name(column));
    return fmt::format(
        "<text style=\"font-size:{:.1f}px\" transform=\"translate({:.1f} {:.1f}) rotate(-90)\">{}</text>\n", font_px_,
        x + font_px_ * 0.36, top_ - 5, name(column));
  }

  std::string cell(size_t row, size_t column) const {
    const size_t truth = shown_[row], predicted = shown_[column];
    const uint64_t count = e_.confusion[truth][predicted];
    if (count == 0) return "";
    const double share = static_cast<double>(count) / static_cast<double>(e_.scores[truth].n_items);
    const bool right = truth == predicted;
    // Few mistakes among many items must still be seen: their shade grows with the root and starts visibly.
    const double shade = right ? 0.10 + 0.90 * share : 0.28 + 0.72 * std::sqrt(share);
    const double x = left_ + static_cast<double>(column) * cell_px_, y = top_ + static_cast<double>(row) * cell_px_;
    std::string out = fmt::format(
        "<rect class=\"fill {}\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill-opacity=\"{:.2f}\" "
        "data-tip=\"{}\"/>\n",
        right ? "good" : "bad", x + 0.5, y + 0.5, cell_px_ - 1, cell_px_ - 1, shade,
        tip(truth, predicted, count, share));
    return out + count_text(x, y, count, shade > 0.6);
  }

  std::string count_text(double x, double y, uint64_t count, bool on_dark) const {
    const std::string digits = std::to_string(count);
    const double font_px =
        std::min(15.0, cell_px_ * 0.9 / (0.6 * static_cast<double>(std::max<size_t>(digits.size(), 2))));
    if (cell_px_ < 20 || font_px < 8) return "";
    return fmt::format(
        "<text class=\"count{}\" style=\"font-size:{:.1f}px\" x=\"{:.1f}\" y=\"{:.1f}\" "
        "text-anchor=\"middle\">{}</text>\n",
        on_dark ? " over" : "", font_px, x + cell_px_ / 2, y + cell_px_ / 2 + font_px * 0.36, digits);
  }

  std::string tip(size_t truth, size_t predicted, uint64_t count, double share) const {
    return html_escape(fmt::format("{} of {} “{}” recognised as “{}” ({})", format_count(count),
                                   format_count(e_.scores[truth].n_items), e_.labels[truth], e_.labels[predicted],
                                   short_percent(share)));
  }

  const Evaluation& e_;
  std::vector<size_t> shown_;
  double cell_px_, font_px_, left_, top_, side_;
  bool upright_;  // column labels stand on their heads because they are longer than a cell
};

}  // namespace

std::vector<size_t> shown_labels(const Evaluation& e) {
  std::vector<size_t> labels(e.labels.size());
  std::iota(labels.begin(), labels.end(), size_t{0});
  if (labels.size() <= kMaxLabels) return labels;
  const auto n_mistakes = [&](size_t label) {
    const LabelScore& score = e.scores[label];
    return score.n_items + score.n_predicted - 2 * score.n_correct;
  };
  std::stable_sort(labels.begin(), labels.end(), [&](size_t a, size_t b) { return n_mistakes(a) > n_mistakes(b); });
  labels.resize(kMaxLabels);
  std::sort(labels.begin(), labels.end());
  return labels;
}

std::vector<ConfusedPair> confused_pairs(const Evaluation& e) {
  std::vector<ConfusedPair> pairs;
  for (size_t label = 0; label < e.labels.size(); ++label)
    for (size_t predicted = 0; predicted < e.labels.size(); ++predicted)
      if (label != predicted && e.confusion[label][predicted] > 0)
        pairs.push_back({label, predicted, e.confusion[label][predicted]});
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const ConfusedPair& a, const ConfusedPair& b) { return a.n_items > b.n_items; });
  return pairs;
}

std::string confusion_chart(const Evaluation& evaluation) { return HeatMap(evaluation).svg(); }

}  // namespace gulo
