#include "engine/train/deep_plan.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/net/byte_network.h"

namespace gulo {
namespace {

size_t length_quantile(const Corpus& corpus, const std::vector<uint32_t>& items, double fraction) {
  std::vector<size_t> lengths;
  for (uint32_t item : items) lengths.push_back(corpus.item(item).size());
  const auto nth = lengths.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(lengths.size() - 1));
  std::nth_element(lengths.begin(), nth, lengths.end());
  return *nth;
}

// Padding included. So many bytes keep all cores busy; of small corpora a batch is a small part, as few large steps
// teach less.
constexpr int64_t kLeastStepBytes = 4096, kMostStepBytes = 32768;
constexpr int64_t kLeastStepsPerEpoch = 16;

int64_t step_bytes_for(const Corpus& corpus, const std::vector<uint32_t>& items, int window_bytes) {
  int64_t epoch_bytes = 0;
  for (uint32_t item : items)
    epoch_bytes += std::min<int64_t>(static_cast<int64_t>(corpus.item(item).size()), window_bytes);
  return std::clamp(epoch_bytes / kLeastStepsPerEpoch, kLeastStepBytes, kMostStepBytes);
}

// Fewer visits to every item than this teach a wide network less than they teach a narrow one.
constexpr double kLeastEpochs = 2;

double training_flops_per_epoch(const Corpus& corpus, const std::vector<uint32_t>& items, const ByteNetworkSpec& spec) {
  const ByteNetwork network(spec, 0, at::kFloat);
  int64_t n_rows = 0;
  for (uint32_t item : items) {
    const auto seen_bytes = std::min<int64_t>(static_cast<int64_t>(corpus.item(item).size()), spec.window_bytes);
    n_rows += seen_bytes / network.coarse_row_bytes() + 1;
  }
  return 3 * network.forward_flops(n_rows, static_cast<int64_t>(items.size()));
}

}  // namespace

std::vector<std::string> augmentation_of(const FeedOptions& feed) {
  std::vector<std::string> ways;
  if (feed.crop_fraction < 1)
    ways.push_back(fmt::format("cut to {:.0f} % of the length and more", 100 * feed.crop_fraction));
  if (feed.augment) ways.push_back("begun at any byte of a row");
  return ways;
}

bool can_learn_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s) {
  const DeepPlan narrowest = plan_deep(corpus, train, 0, flops_per_s);
  return kLeastEpochs * training_flops_per_epoch(corpus, train, narrowest.spec) <= seconds * flops_per_s;
}

DeepPlan plan_deep(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                   std::span<const RowWidths> widths) {
  DeepPlan plan;
  const size_t long_item = length_quantile(corpus, train, 0.9);
  const bool is_short = long_item <= 512;
  plan.spec.window_bytes = static_cast<int>(std::clamp<size_t>((long_item + 255) / 256 * 256, 256, 4096));
  plan.step_bytes = step_bytes_for(corpus, train, plan.spec.window_bytes);
  plan.spec.taps = is_short ? 4 : 8;
  plan.spec.n_labels = static_cast<int>(corpus.labels.size());
  // Machine code in 256-byte pieces, validated on what lies further on in the same programs, one run of 400 steps each:
  // whole items 2.2 % wrong, crops of half and more 1.8 %.
  plan.feed.crop_fraction = 0.5;
  for (const auto& [width, last_width] : widths) {
    plan.spec.stem_width = width;
    plan.spec.stages = {{width, 3, 1}, {last_width, 2, is_short ? 2 : 4}};
    if (kLeastEpochs * training_flops_per_epoch(corpus, train, plan.spec) <= seconds * flops_per_s) break;
  }
  return plan;
}

DeepSetup setup_bytes(const Corpus& corpus, const std::vector<uint32_t>& train, const DeepPlan& plan, uint64_t seed,
                      at::ScalarType dtype) {
  DeepSetup setup;
  const auto network = std::make_shared<ByteNetwork>(plan.spec, seed, dtype);
  const int row_bytes = network->coarse_row_bytes();
  const int64_t rows = std::max(plan.step_bytes / row_bytes, rows_for_window(plan.spec.window_bytes, row_bytes));
  FeedOptions feed = plan.feed;
  feed.window_bytes = plan.spec.window_bytes;  // what prediction cuts items into
  setup.feed = std::make_unique<TrainFeed>(corpus, train, BatchShape{(rows + 127) / 128 * 128, row_bytes}, feed, seed);
  setup.network = network;
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  setup.augmentation = augmentation_of(feed);
  return setup;
}

DeepSetup setup_bytes(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  DeepPlan plan = plan_deep(corpus, train, options.seconds, options.flops_per_s);
  plan.feed.augment = options.augment;
  if (!options.augment) plan.feed.crop_fraction = 1;
  return setup_bytes(corpus, train, plan, options.seed, options.dtype);
}

}  // namespace gulo
