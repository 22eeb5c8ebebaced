// How the pixel network is sized and trained on a corpus within a time.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/pixel_feed.h"
#include "engine/train/deep_setup.h"
#include "engine/train/optimiser.h"
#include "model/pixel_network_spec.h"

namespace gulo {

struct PixelPlan {
  PixelNetworkSpec spec;
  PixelFeedOptions feed;
  OptimiserOptions optimiser;
  double head_dropout = 0;
  double label_smoothing = 0.1;
  double max_epochs = 0;
};

// The rates at which pixel networks learn, at batches of some hundred pictures.
OptimiserOptions pixel_optimiser();

// `flops_per_s`: what the training loop may be expected to reach. may_mirror: pictures may be mirrored where their
// labels alone show no difference. Deterministic.
PixelPlan plan_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                      bool augment = true, bool may_mirror = true);

// Network, feed and how to train them, for a corpus of kind pixels; it must outlive the feed.
DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan, uint64_t seed,
                       at::ScalarType dtype);
// As planned. Throws Error (kData) for an item that is no picture.
DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
