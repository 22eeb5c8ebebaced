// What a kind gives to the trainer: a network of a size that the time allows, its feed, and how it is trained.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/batch.h"
#include "engine/net/deep_network.h"
#include "engine/train/optimiser.h"

namespace gulo {

struct SetupOptions {
  double seconds = 60;        // of training
  double flops_per_s = 1e11;  // that the training loop may be expected to reach
  uint64_t seed = 0;
  at::ScalarType dtype = at::kFloat;
  bool augment = true;              // items may be varied at random in training
  double epochs = 0;                // how often every item is seen; 0: as often as is usual for the kind
  bool number_values = true;        // numbers that repeat are also known one by one, where the kind has such
  bool is_trial = false;            // a small network, to find out how often is best, and the like
  double measured_flops_per_s = 0;  // that a trial's loop reached; 0: none was measured
  // The network is to give features that others' are joined with, as many as the corpus has names of labels: it learns
  // no labels by itself.
  bool as_field = false;
};

struct DeepSetup {
  std::shared_ptr<DeepNetwork> network;
  std::unique_ptr<Feed> feed;
  OptimiserOptions optimiser;
  double head_dropout = 0.2;
  double label_smoothing = 0.1;
  double max_epochs = 0;                  // more than these learn the items by heart; 0: as many as the time allows
  bool keep_last = false;                 // no network from before the end is better than the last
  std::vector<std::string> augmentation;  // how items are varied, for people: "moved by up to 2 pixels"
};

// How often items are seen in trials, ascending; empty: how often is best need not be found out for the kind.
std::vector<double> epochs_to_try(Kind kind);

// Whether the network's setup had number_values, and numbers that repeat.
bool knows_number_values(const DeepNetwork& network);

// By the corpus' kind. The corpus must outlive the setup; `train` is not empty. Deterministic.
DeepSetup setup_deep(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
