// Learning from items whose labels nobody knows: a recogniser of the labelled items answers for them, and those of
// which it is sure join the training items of a second one, labelled as it says (pseudo-labels: Lee 2013; with
// augmentation in the second training: Xie et al. 2020, "Self-training with Noisy Student", arXiv 1911.04252).
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "data/split.h"
#include "run/predictor.h"

namespace gulo {

// How sure a recogniser must be of an item that joins, by its calibrated probability.
inline constexpr double kSureProbability = 0.9;

// Puts `unlabelled` behind the items of `corpus` (one label an item, of the same kind), each with the label that
// `predictor` finds most probable, and the sure ones into `train`. Returns how many these are. With progress; stops
// early, with what there is, when interrupted().
size_t add_sure_items(const Predictor& predictor, Corpus unlabelled, int n_threads, Corpus& corpus,
                      std::vector<uint32_t>& train);

}  // namespace gulo
