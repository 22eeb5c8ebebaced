// What a kind gives to the trainer: a network of a size that the time allows, its feed, and how it is trained.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/batch.h"
#include "engine/net/deep_network.h"
#include "engine/train/optimiser.h"

namespace gulo {

struct DeepSetup {
  std::shared_ptr<DeepNetwork> network;
  std::unique_ptr<Feed> feed;
  OptimiserOptions optimiser;
  double head_dropout = 0.2;
  double label_smoothing = 0.1;
  double max_epochs = 0;  // more than these learn the items by heart; 0: as many as the time allows
};

// By the corpus' kind. `seconds` of training at `flops_per_s` are what there is. The corpus must outlive the setup;
// `train` is not empty. Deterministic.
DeepSetup setup_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                     uint64_t seed, at::ScalarType dtype);

}  // namespace gulo
