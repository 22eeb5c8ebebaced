#include "engine/train/sample_plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/round_up.h"
#include "data/item_order.h"
#include "engine/net/sample_network.h"

namespace gulo {
namespace {

// Fewer visits to every item than this teach a wide network less than they teach a narrow one.
constexpr double kLeastSampleEpochs = 12;
// More teach nothing new of a few items; there the bank is what counts.
constexpr double kMaxSampleEpochs = 200;
// Of 8 kHz sound 8 s; what lies further on is seen through another window.
constexpr int kMaxWindowRows = 1024;

struct CorpusFacts {
  std::vector<uint32_t> lengths;  // ascending
  uint32_t channels = 1;
  uint32_t rate_hz = 0;  // the middle one of those that are known
  bool sound = false;
  bool missing = false;

  uint32_t length(double fraction) const {
    return lengths[static_cast<size_t>(fraction * static_cast<double>(lengths.size() - 1))];
  }
};

bool has_missing(const ItemView& item) {
  if (item.shape.type != ValueType::kFloat32) return false;
  const std::vector<float> values = signal_values(item, 0, item.shape.extents[0]);
  return std::any_of(values.begin(), values.end(), [](float value) { return std::isnan(value); });
}

CorpusFacts facts_of(const Corpus& corpus, const std::vector<uint32_t>& train) {
  CorpusFacts facts;
  std::vector<uint32_t> rates;
  size_t n_sounds = 0;
  for (uint32_t item : train) {
    const ItemView view = corpus.view(item);
    facts.lengths.push_back(view.shape.extents[0]);
    if (view.shape.rate_hz > 0) rates.push_back(view.shape.rate_hz);
    if (view.shape.rate_hz > 0 || view.shape.type != ValueType::kFloat32) ++n_sounds;
  }
  for (uint32_t item : first_shard(corpus, train)) facts.missing = facts.missing || has_missing(corpus.view(item));
  // Items that are set aside must fit too.
  for (const ItemShape& shape : corpus.shapes) facts.channels = std::max(facts.channels, shape.extents[1]);
  std::sort(facts.lengths.begin(), facts.lengths.end());
  std::sort(rates.begin(), rates.end());
  if (!rates.empty()) facts.rate_hz = rates[rates.size() / 2];
  facts.sound = 2 * n_sounds >= train.size();
  return facts;
}

// The power of two that is nearest below.
int power_of_two(double value) { return static_cast<int>(std::bit_floor(static_cast<uint32_t>(std::max(1., value)))); }

void plan_sound(const CorpusFacts& facts, SamplePlan& plan) {
  constexpr double kWindowSeconds = 0.0321;  // a little more than 32 ms, so that 8 kHz gives 256
  plan.spec.taps = power_of_two(kWindowSeconds * (facts.rate_hz > 0 ? facts.rate_hz : 8000));
  // Short sounds still get some rows.
  while (plan.spec.taps > 16 && facts.length(0.5) < 4u * static_cast<uint32_t>(plan.spec.taps)) plan.spec.taps /= 2;
  plan.spec.stride = plan.spec.taps / 4;
  plan.spec.filters = 64;
  plan.feed.stretch = 0.1;
  plan.hidden_frequencies = 0.2;
  plan.hidden_times = 0.1;
}

void plan_series(const CorpusFacts& facts, SamplePlan& plan) {
  plan.spec.stride = power_of_two(facts.length(0.5) / 48.);
  plan.spec.taps = std::max(8, 4 * plan.spec.stride);
  plan.spec.filters = 32;
  plan.spec.item_level = false;
  plan.spec.linear = true;
  plan.feed.stretch = 0.1;
  plan.hidden_times = 0.1;
}

// Stages of so many channels, the second at a quarter of the first's resolution.
void set_widths(int first, int second, SampleNetworkSpec& spec) {
  spec.stem_width = first;
  spec.stages = {{first, 2, 1}, {second, 2, 4}};
}

double training_flops_per_epoch(const CorpusFacts& facts, const SampleNetworkSpec& spec) {
  const SampleNetwork network(spec, 0, at::kFloat);
  Batch batch;
  batch.owners.resize(facts.lengths.size());
  for (uint32_t length : facts.lengths)
    batch.n_item_rows += rows_for_samples(std::min<int64_t>(length, spec.window_samples), network.coarse_row_samples());
  return 3 * network.forward_flops(batch);
}

// The mean and the reciprocal deviation of every channel of the items, what is missing left out.
struct Levels {
  std::vector<float> offset, scale;
};

Levels channel_levels(const Corpus& corpus, const std::vector<uint32_t>& items, size_t n_channels) {
  std::vector<double> n(n_channels), sum(n_channels), squares(n_channels);
  for (uint32_t item : items) {
    const ItemView view = corpus.view(item);
    const std::vector<float> values = signal_values(view, 0, view.shape.extents[0]);
    for (size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) continue;
      const size_t channel = i % view.shape.extents[1];
      n[channel] += 1;
      sum[channel] += values[i];
      squares[channel] += double{values[i]} * values[i];
    }
  }
  Levels levels;
  for (size_t c = 0; c < n_channels; ++c) {
    const double mean = n[c] > 0 ? sum[c] / n[c] : 0;
    const double variance = n[c] > 0 ? std::max(0., squares[c] / n[c] - mean * mean) : 0;
    levels.offset.push_back(static_cast<float>(mean));
    levels.scale.push_back(variance > 0 ? static_cast<float>(1 / std::sqrt(variance)) : 1.f);
  }
  return levels;
}

}  // namespace

std::vector<std::string> augmentation_of(const SamplePlan& plan) {
  std::vector<std::string> ways;
  if (plan.feed.shift) ways.emplace_back("begun at any sample of a row");
  if (plan.feed.stretch > 0) ways.push_back(fmt::format("stretched by up to {:.0f} %", 100 * plan.feed.stretch));
  if (plan.hidden_frequencies > 0)
    ways.push_back(fmt::format("up to {:.0f} % of the frequencies hidden", 100 * plan.hidden_frequencies));
  if (plan.hidden_times > 0) ways.push_back(fmt::format("up to {:.0f} % of the times hidden", 100 * plan.hidden_times));
  return ways;
}

SamplePlan plan_samples(const Corpus& corpus, const std::vector<uint32_t>& train, double seconds, double flops_per_s,
                        const SampleSizes& sizes) {
  const CorpusFacts facts = facts_of(corpus, train);
  SamplePlan plan;
  plan.spec.channels = static_cast<int>(facts.channels);
  plan.spec.missing = facts.missing;
  plan.spec.n_labels = static_cast<int>(corpus.labels.size());
  if (facts.sound)
    plan_sound(facts, plan);
  else
    plan_series(facts, plan);
  const int row = 4 * plan.spec.stride;
  const int longest = static_cast<int>(std::min<int64_t>(facts.lengths.back(), kMaxWindowRows * plan.spec.stride));
  plan.spec.window_samples = std::max((longest + row - 1) / row * row, plan.spec.taps);
  plan.feed.window_samples = static_cast<size_t>(plan.spec.window_samples);
  plan.max_epochs = kMaxSampleEpochs;
  plan.items_per_batch = std::clamp(static_cast<int>(train.size()) / 8, 8, sizes.items_per_batch);
  plan.batch_values = sizes.batch_values;
  for (const auto& [first, second] : sizes.widths) {
    set_widths(first, second, plan.spec);
    if (kLeastSampleEpochs * training_flops_per_epoch(facts, plan.spec) <= seconds * flops_per_s) break;
  }
  return plan;
}

std::shared_ptr<SampleNetwork> sample_network_for(const Corpus& corpus, const std::vector<uint32_t>& train,
                                                  const SamplePlan& plan, uint64_t seed, at::ScalarType dtype) {
  auto network = std::make_shared<SampleNetwork>(plan.spec, seed, dtype);
  network->set_stripes(plan.hidden_frequencies, plan.hidden_times);
  if (plan.spec.item_level) return network;
  const Levels levels = channel_levels(corpus, first_shard(corpus, train), static_cast<size_t>(plan.spec.channels));
  network->stem().set_level(levels.offset, levels.scale);
  return network;
}

void vary_nothing(SamplePlan& plan) {
  plan.feed.shift = false;
  plan.feed.stretch = plan.hidden_frequencies = plan.hidden_times = 0;
}

DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SamplePlan& plan, uint64_t seed,
                        at::ScalarType dtype) {
  const auto network = sample_network_for(corpus, train, plan, seed, dtype);
  int64_t n_times = 0;
  for (uint32_t item : train)
    n_times += std::min<int64_t>(corpus.view(item).shape.extents[0], plan.spec.window_samples);
  const int row_samples = network->coarse_row_samples();
  const int64_t mean_times = n_times / static_cast<int64_t>(train.size()) + row_samples;
  const int64_t samples = std::min(plan.items_per_batch * mean_times, plan.batch_values / plan.spec.channels);
  const int64_t rows = std::max(samples / row_samples, longest_window_rows(plan.feed, row_samples));
  DeepSetup setup;
  setup.network = network;
  setup.feed = std::make_unique<SampleFeed>(corpus, train, network->batch_shape(round_up_to_16(rows)), plan.feed, seed);
  setup.optimiser = plan.optimiser;
  setup.head_dropout = plan.head_dropout;
  setup.label_smoothing = plan.label_smoothing;
  setup.max_epochs = plan.max_epochs;
  setup.augmentation = augmentation_of(plan);
  return setup;
}

DeepSetup setup_samples(const Corpus& corpus, const std::vector<uint32_t>& train, const SetupOptions& options) {
  SamplePlan plan = plan_samples(corpus, train, options.seconds, options.flops_per_s);
  if (!options.augment) vary_nothing(plan);
  return setup_samples(corpus, train, plan, options.seed, options.dtype);
}

}  // namespace gulo
