#include "data/known_labels.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/progress.h"

namespace gulo {
namespace {

std::string without_blanks_and_stop(const std::string& label) {
  const size_t begin = label.find_first_not_of(" \t"), end = label.find_last_not_of(" \t.");
  return begin == std::string::npos || end == std::string::npos ? label : label.substr(begin, end + 1 - begin);
}

// The known label that `label` is: the same, or the only one that is spelt like it.
int find_label(const std::vector<std::string>& known, const std::string& label) {
  const auto same = std::ranges::find(known, label);
  if (same != known.end()) return static_cast<int>(same - known.begin());
  const auto alike = [&](const std::string& other) {
    return without_blanks_and_stop(other) == without_blanks_and_stop(label);
  };
  if (std::ranges::count_if(known, alike) != 1) return -1;
  const auto found = std::ranges::find_if(known, alike);
  say(fmt::format("label '{}' is taken for '{}'", label, *found));
  return static_cast<int>(found - known.begin());
}

}  // namespace

LabelMatch match_labels(const std::vector<std::string>& known, const Corpus& corpus) {
  LabelMatch match{.labels = known, .item_labels = {}};
  std::vector<int> number_in_match;
  for (const std::string& label : corpus.labels) {
    const int found = find_label(known, label);
    number_in_match.push_back(found >= 0 ? found : static_cast<int>(match.labels.size()));
    if (found < 0) match.labels.push_back(label);
  }
  for (const int label : corpus.item_labels) {
    match.item_labels.push_back(number_in_match[static_cast<size_t>(label)]);
    if (match.item_labels.back() >= static_cast<int>(known.size())) ++match.n_unknown_items;
  }
  return match;
}

}  // namespace gulo
