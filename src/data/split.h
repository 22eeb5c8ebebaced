// Parts of a corpus for training and validation.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"

namespace gulo {

struct TrainValid {
  std::vector<uint32_t> train, valid;  // item numbers, ascending
};

// Puts about `valid_fraction` of each label's items into `valid` (labels with one distinct item stay in `train`).
// Items with the same content hash are always on the same side. Deterministic in (corpus, seed).
TrainValid split_corpus(const Corpus& corpus, double valid_fraction, uint64_t seed);

}  // namespace gulo
