// How the deep part is trained on bytes within a time: the network's sizes, the batch, and how hard it is held back
// from learning the training items by heart.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/train_feed.h"
#include "engine/train/deep_setup.h"
#include "engine/train/optimiser.h"
#include "model/spec.h"

namespace gulo {

struct DeepPlan {
  ByteNetworkSpec spec;
  int64_t step_bytes = 32768;  // bytes of a batch, padding included
  FeedOptions feed;
  OptimiserOptions optimiser;
  double head_dropout = 0.2;
  double label_smoothing = 0.1;
};

// Of the first stage's and the last stage's rows.
struct RowWidths {
  int width, last_width;
};
// That are chosen from, widest first.
inline constexpr RowWidths kCpuWidths[] = {{192, 256}, {128, 192}, {96, 128}, {64, 96}};
inline constexpr RowWidths kDeviceWidths[] = {{1024, 1536}, {768, 1024}, {512, 768}, {384, 512}, {256, 384},
                                              {192, 256},   {128, 192},  {96, 128},  {64, 96}};

// `flops_per_s`: what the training loop may be expected to reach. Deterministic.
DeepPlan plan_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                   std::span<const RowWidths> widths = kCpuWidths);

// False where even the narrowest network would see the items fewer than kLeastEpochs times: the time is then worth more
// to the wide part.
bool can_learn_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s);

// How items are varied, for people.
std::vector<std::string> augmentation_of(const FeedOptions& feed);

// The plan's network, with random parameters, and its feed.
DeepSetup setup_bytes(const Corpus& corpus, const std::vector<uint32_t>& train, const DeepPlan& plan, uint64_t seed,
                      at::ScalarType dtype);
DeepSetup setup_bytes(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
