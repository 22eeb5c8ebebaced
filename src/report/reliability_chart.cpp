#include "report/reliability_chart.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/units.h"
#include "report/html_text.h"
#include "report/svg_chart.h"

namespace gulo {
namespace {

ChartAxis percent_axis(const char* title, double high) {
  return {title, 0, high, [](double fraction) { return fmt::format("{:.0f} %", 100 * fraction); }};
}

std::string tip_of(const ReliabilityBin& bin) {
  return fmt::format("{} items: sure to {}, right {} of the time", format_count(bin.n_items),
                     short_percent(bin.mean_confidence), short_percent(bin.accuracy));
}

}  // namespace

std::string reliability_chart(const Evaluation& evaluation) {
  const std::vector<ReliabilityBin>& bins = evaluation.reliability;
  double largest_share = 0;
  const auto share = [&](const ReliabilityBin& bin) {
    return evaluation.n_items ? static_cast<double>(bin.n_items) / static_cast<double>(evaluation.n_items) : 0;
  };
  for (const ReliabilityBin& bin : bins) largest_share = std::max(largest_share, share(bin));

  SvgChart accuracy(percent_axis("", 1), percent_axis("right", 1), 300);
  SvgChart items(percent_axis("how sure (probability of the answer)", 1),
                 percent_axis("items", largest_share > 0 ? largest_share : 1), 150);
  for (size_t i = 0; i < bins.size(); ++i) {
    const ReliabilityBin& bin = bins[i];
    if (bin.n_items == 0) continue;
    const double margin = 0.1, n_bins = static_cast<double>(bins.size());
    const double left = (static_cast<double>(i) + margin) / n_bins,
                 right = (static_cast<double>(i) + 1 - margin) / n_bins;
    accuracy.rect(left, 0, right, std::min(bin.accuracy, bin.mean_confidence), "fill good", tip_of(bin));
    accuracy.rect(left, bin.accuracy, right, bin.mean_confidence,
                  bin.accuracy < bin.mean_confidence ? "fill over" : "fill under", tip_of(bin));
    items.rect(left, 0, right, share(bin), "fill quiet", tip_of(bin));
  }
  accuracy.line({{0, 0}, {1, 1}}, "ideal");
  return accuracy.svg("Reliability diagram: share of right answers by probability") +
         items.svg("Share of items by probability");
}

}  // namespace gulo
