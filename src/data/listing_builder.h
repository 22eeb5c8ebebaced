// Makes a Listing out of items whose labels are still text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/source.h"

namespace gulo {

class ListingBuilder {
 public:
  explicit ListingBuilder(std::string data) { listing_.data = std::move(data); }

  // item.label is set by finish. `label` may hold any bytes.
  void add(SourceItem item, const std::string& label);
  bool empty() const { return listing_.items.empty(); }

  // Sorts and numbers. `hint` says what to do about too few labels (Error kData).
  Listing finish(size_t min_labels, const std::string& hint);

 private:
  Listing listing_;
  std::map<std::string, int> label_numbers_;  // by name as shown, so in the listing's order
  std::vector<std::string> labels_in_order_;  // as they came: item.label counts in these until finish
};

}  // namespace gulo
