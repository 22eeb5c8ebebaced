// The labels of one part of a data set found in those of another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/corpus.h"

namespace gulo {

// The known labels, then those that only the items have.
struct LabelMatch {
  std::vector<std::string> labels;
  std::vector<int> item_labels;  // [n_items], index into `labels`
  uint64_t n_unknown_items = 0;
};

// Labels are matched by their text; one that is spelt like a single known label but for blanks around it and a full
// stop behind it, as in the test part of the census table "adult", is taken for that, which is said.
LabelMatch match_labels(const std::vector<std::string>& known, const Corpus& corpus);

}  // namespace gulo
