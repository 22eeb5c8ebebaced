// What a kind gives to the trainer: a network of a size that the time allows, its feed, and how it is trained.
#pragma once

#include <memory>

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

}  // namespace gulo
