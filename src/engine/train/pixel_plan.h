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
  bool keep_last = false;  // as in DeepSetup
};

// Sizes that a plan chooses from.
struct PixelSizes {
  std::vector<int> widths;  // of the first layers, widest first; the last ones are twice as wide
  int layers_per_stage;     // at each resolution
  int unmerged_side;        // pictures up to so many pixels each way have a position a pixel behind the stem
  int batch_items;
  int64_t batch_positions;  // of the stem's grid: what a step's activations take is bounded by it
  double muon_rate;         // for batches of so many items
};
extern const PixelSizes kCpuPixels;
// A network up to 512 and 1024 wide, three layers at each resolution (airbench96; Jordan 2024, arXiv 2404.00498), and
// batches of some thousand pictures. What a device learns with them has not been measured yet.
extern const PixelSizes kDevicePixels;

// The rates at which pixel networks learn, at batches of some hundred pictures.
OptimiserOptions pixel_optimiser();

// `flops_per_s`: what the training loop may be expected to reach. may_mirror: pictures may be mirrored where their
// labels alone show no difference. Deterministic.
PixelPlan plan_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                      at::ScalarType dtype, bool augment = true, bool may_mirror = true,
                      const PixelSizes& sizes = kCpuPixels);

// How pictures are varied, for people.
std::vector<std::string> augmentation_of(const PixelFeedOptions& feed);

// Network, feed and how to train them, for a corpus of kind pixels; it must outlive the feed.
DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const PixelPlan& plan, uint64_t seed,
                       at::ScalarType dtype);
// As planned. Throws Error (kData) for an item that is no picture.
DeepSetup setup_pixels(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options);

}  // namespace gulo
