// Parts of a corpus for training and validation.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"

namespace gulo {

struct TrainValid {
  std::vector<uint32_t> train, valid;  // item numbers, ascending
};

// Puts about `valid_fraction` of each label's items into `valid`: at least one and at most half of them (none where the
// fraction is 0; labels with one distinct item stay in `train`). Where items have not just one label, item_labels are
// strata: an item's rarest label, or the part of all numbers, by rank, that its number is in. Items with the same
// content hash are always on the same side, also those with different labels. Deterministic in (corpus, seed).
TrainValid split_corpus(const Corpus& corpus, double valid_fraction, uint64_t seed);

}  // namespace gulo
