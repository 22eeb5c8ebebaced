// How the deep part for samples is trained on a corpus within a time: what the stem sees, the network's sizes, the
// batch, and how much is varied at random in training.
#pragma once

#include <ATen/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/sample_feed.h"
#include "engine/train/deep_plan.h"
#include "engine/train/deep_setup.h"
#include "model/sample_network_spec.h"

namespace gulo {

class SampleNetwork;

struct SamplePlan {
  SampleNetworkSpec spec;
  SampleFeedOptions feed;
  int items_per_batch = 32;
  int64_t batch_values = 1 << 19;                   // of all channels, at most
  double hidden_frequencies = 0, hidden_times = 0;  // quadrature_stem.h
  OptimiserOptions optimiser;
  double head_dropout = 0.1;
  double label_smoothing = 0.1;
  double max_epochs = 0;
};

// Sizes that a plan chooses from.
struct SampleSizes {
  std::span<const RowWidths> widths;
  int items_per_batch;
  int64_t batch_values;
};
inline constexpr RowWidths kCpuSampleWidths[] = {{64, 128}, {48, 96}, {32, 64}};
inline constexpr RowWidths kDeviceSampleWidths[] = {{512, 768}, {384, 512}, {256, 384}, {192, 256}, {128, 192},
                                                    {96, 128},  {64, 128},  {48, 96},   {32, 64}};
inline constexpr SampleSizes kCpuSamples{kCpuSampleWidths, 32, 1 << 19};
inline constexpr SampleSizes kDeviceSamples{kDeviceSampleWidths, 256, 1 << 22};

// Sound (integers, or a rate is known) gets a stem of 32 ms windows, which hears no absolute level; other signals one
// of a few times, which keeps it. `flops_per_s`: what the training loop may be expected to reach. Deterministic.
SamplePlan plan_samples(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                        const SampleSizes& sizes = kCpuSamples);

// The plan, of signals that are not varied.
void vary_nothing(SamplePlan& plan);
// How signals are varied, for people.
std::vector<std::string> augmentation_of(const SamplePlan& plan);

// The plan's network, its level set by the items of `train`.
std::shared_ptr<SampleNetwork> sample_network_for(const Corpus& corpus, const std::vector<uint32_t>& train,
                                                  const SamplePlan& plan, uint64_t seed, at::ScalarType dtype);

DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SamplePlan& plan, uint64_t seed,
                        at::ScalarType dtype);
DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
