#include "data/listing_builder.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/utf8.h"

namespace gulo {

void ListingBuilder::add(SourceItem item, const std::string& label) {
  const std::string shown = printable_utf8(label);
  const auto [place, is_new] = label_numbers_.try_emplace(shown, static_cast<int>(labels_in_order_.size()));
  if (is_new) labels_in_order_.push_back(shown);
  item.label = place->second;
  listing_.items.push_back(std::move(item));
}

Listing ListingBuilder::finish(size_t min_labels, const std::string& hint) {
  require(label_numbers_.size() >= min_labels, ErrorKind::kData,
          label_numbers_.size() == 1
              ? fmt::format("all {} items have one label, '{}', and at least {} labels are needed",
                            listing_.items.size(), labels_in_order_[0], min_labels)
              : fmt::format("has {} labels, and at least {} are needed", label_numbers_.size(), min_labels),
          hint, listing_.data);
  std::vector<int> sorted_number(labels_in_order_.size());
  for (const auto& [label, number] : label_numbers_) {
    sorted_number[number] = static_cast<int>(listing_.labels.size());
    listing_.labels.push_back(label);
  }
  for (SourceItem& item : listing_.items) item.label = sorted_number[item.label];
  std::sort(listing_.items.begin(), listing_.items.end(), [](const SourceItem& a, const SourceItem& b) {
    return std::tie(a.name, a.label) < std::tie(b.name, b.label);
  });
  return std::move(listing_);
}

}  // namespace gulo
