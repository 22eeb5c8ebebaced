// How the deep part for samples is trained on a corpus within a time: what the stem sees, the network's sizes, the
// batch, and how much is varied at random in training.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/sample_feed.h"
#include "engine/train/deep_setup.h"
#include "model/sample_network_spec.h"

namespace gulo {

struct SamplePlan {
  SampleNetworkSpec spec;
  SampleFeedOptions feed;
  int items_per_batch = 32;
  double hidden_frequencies = 0, hidden_times = 0;  // quadrature_stem.h
  OptimiserOptions optimiser;
  double head_dropout = 0.1;
  double label_smoothing = 0.1;
  double max_epochs = 0;
};

// Sound (integers, or a rate is known) gets a stem of 32 ms windows, which hears no absolute level; other signals one
// of a few times, which keeps it. `flops_per_s`: what the training loop may be expected to reach. Deterministic.
SamplePlan plan_samples(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s);

DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SamplePlan& plan, uint64_t seed,
                        at::ScalarType dtype);
DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
