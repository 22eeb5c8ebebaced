#include "engine/train/bank_design.h"

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "base/threads.h"

namespace gulo {

namespace {

constexpr size_t kMaxDilations = 32;
constexpr size_t kBiasItems = 4;          // that a kernel's biases are quantiles of: one alone may be an odd one
constexpr size_t kBiasSteps = 256;        // of each such item
constexpr size_t kPoolItems = 256;        // that these are drawn from
constexpr size_t kPoolBytes = 64 << 20;   // or fewer
constexpr size_t kMaxSummedChannels = 9;  // as MiniRocket's
constexpr double kGoldenRatio = 0.6180339887498949;

struct Planes {
  std::vector<float> values;  // [n_channels, n_steps]
  size_t n_steps = 0;
};

// A dilation as often as rounding down gives it.
std::vector<int> even_dilations(uint32_t max_steps, size_t n) {
  const double last = std::log2(std::max(1.0, (static_cast<double>(max_steps) - 1) / 8));
  std::vector<int> dilations;
  for (size_t i = 0; i < n; ++i) {
    const double share = n == 1 ? 0 : static_cast<double>(i) / static_cast<double>(n - 1);
    dilations.push_back(std::min(static_cast<int>(std::exp2(last * share) + 1e-9), ConvolutionBankSpec::kMaxDilation));
  }
  return dilations;
}

// One channel: every dilation once, with biases in proportion to how often it is there.
void share_biases(const std::vector<int>& dilations, size_t n_biases, ConvolutionBankSpec& spec) {
  size_t n_shared = 0;
  for (size_t i = 0; i < dilations.size();) {
    const auto end = std::upper_bound(dilations.begin(), dilations.end(), dilations[i]);
    const auto n_same = static_cast<size_t>(end - dilations.begin()) - i;
    spec.dilations.push_back(dilations[i]);
    spec.n_biases.push_back(static_cast<int>(n_same * n_biases / dilations.size()));
    n_shared += static_cast<size_t>(spec.n_biases.back());
    i += n_same;
  }
  for (size_t g = 0; n_shared < n_biases; ++n_shared, ++g) ++spec.n_biases[g % spec.n_groups()];
}

// Several channels: the variety of their sums counts for more than several biases of one sum.
void share_groups(std::vector<int> dilations, size_t n_groups, ConvolutionBankSpec& spec) {
  dilations.erase(std::unique(dilations.begin(), dilations.end()), dilations.end());
  for (size_t g = 0; g < n_groups; ++g) spec.dilations.push_back(dilations[g % dilations.size()]);
  spec.n_biases.assign(n_groups, 1);
}

class BankDesigner {
 public:
  BankDesigner(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t seed)
      : corpus_(corpus), items_(items), seed_(seed) {
    for (const uint32_t i : items) {
      max_steps_ = std::max(max_steps_, corpus.view(i).shape.extents[0]);
      design_.spec.n_channels = std::max(design_.spec.n_channels, static_cast<int>(corpus.view(i).shape.extents[1]));
    }
    design_.spec.n_channels = std::min(design_.spec.n_channels, ConvolutionBankSpec::kMaxChannels);
  }

  BankDesign run(size_t n_features, int n_threads) {
    ConvolutionBankSpec& spec = design_.spec;
    const size_t n_each = std::clamp<size_t>(n_features / kConvolutionKernels, 1, ConvolutionBankSpec::kMaxGroups);
    const auto dilations = even_dilations(max_steps_, std::min(kMaxDilations, n_each));
    if (spec.n_channels == 1)
      share_biases(dilations, n_each, spec);
    else
      share_groups(dilations, n_each, spec);
    for (size_t g = 0; g < spec.n_groups(); ++g) draw_channels();
    draw_pool();
    draw_biases(n_threads);
    return std::move(design_);
  }

 private:
  void draw_channels() {
    const auto n_channels = static_cast<size_t>(design_.spec.n_channels);
    const double largest = std::log2(static_cast<double>(std::min(n_channels, kMaxSummedChannels)) + 1);
    const auto n = std::min(n_channels, static_cast<size_t>(std::exp2(rng_.uniform() * largest)));
    std::vector<size_t> order(n_channels);
    for (size_t c = 0; c < n_channels; ++c) order[c] = c;
    rng_.shuffle(order);
    std::vector<uint8_t> used(n_channels);
    for (size_t c = 0; c < n; ++c) used[order[c]] = 1;
    design_.channels.insert(design_.channels.end(), used.begin(), used.end());
  }

  void draw_pool() {
    std::vector<uint32_t> order(items_);
    rng_.shuffle(order);
    const auto n_channels = static_cast<size_t>(design_.spec.n_channels);
    size_t n_bytes = 0;
    for (const uint32_t i : order) {
      const ItemView item = corpus_.view(i);
      const size_t n_steps = item.shape.extents[0], plane_bytes = n_channels * n_steps * sizeof(float);
      if (n_steps == 0) continue;
      if (!pool_.empty() && n_bytes + plane_bytes > kPoolBytes) continue;
      std::vector<float> values(item.shape.n_values());
      values_as_float(item, values);
      Planes planes{std::vector<float>(n_channels * n_steps), n_steps};
      convolution_bank_planes(values.data(), n_steps, item.shape.extents[1], n_channels, planes.values.data());
      pool_.push_back(std::move(planes));
      n_bytes += plane_bytes;
      if (pool_.size() == kPoolItems) return;
    }
  }

  void draw_biases(int n_threads) {
    design_.biases.assign(design_.spec.n_features(), 0);
    if (pool_.empty()) return;
    std::vector<size_t> first{0};
    for (const int n : design_.spec.n_biases)
      first.push_back(first.back() + kConvolutionKernels * static_cast<size_t>(n));
    parallel_for(design_.spec.n_groups(), n_threads, 1, [&](size_t g, int) {
      Rng rng(seed_ * 1000003 + g + 1);  // of its own: groups are drawn in any order
      const auto n = static_cast<size_t>(design_.spec.n_biases[g]);
      for (size_t k = 0; k < kConvolutionKernels; ++k) draw_kernel_biases(g, k, first[g] + k * n, n, rng);
    });
  }

  void draw_kernel_biases(size_t g, size_t k, size_t first, size_t n, Rng& rng) {
    const auto n_channels = static_cast<size_t>(design_.spec.n_channels);
    std::vector<double> responses;
    for (size_t draw = 0; draw < kBiasItems; ++draw) {
      const Planes& item = pool_[rng.below(pool_.size())];
      const size_t n_taken = std::min(item.n_steps, kBiasSteps);
      for (size_t i = 0; i < n_taken; ++i)
        responses.push_back(
            convolution_response(item.values.data(), n_channels, item.n_steps, design_.channels.data() + g * n_channels,
                                 static_cast<size_t>(design_.spec.dilations[g]), k, i * item.n_steps / n_taken));
    }
    std::sort(responses.begin(), responses.end());
    for (size_t j = 0; j < n; ++j) {  // quantiles that spread evenly however many there are
      double whole = 0;
      const double at = std::modf(static_cast<double>(first + j + 1) * kGoldenRatio, &whole) *
                        static_cast<double>(responses.size() - 1);
      const auto below = static_cast<size_t>(at);
      const double above = responses[std::min(below + 1, responses.size() - 1)];
      const double bias = responses[below] + (at - static_cast<double>(below)) * (above - responses[below]);
      design_.biases[first + j] = std::isfinite(static_cast<float>(bias)) ? static_cast<float>(bias) : 0;
    }
  }

  const Corpus& corpus_;
  const std::vector<uint32_t>& items_;
  uint64_t seed_;
  Rng rng_{seed_};
  uint32_t max_steps_ = 0;
  BankDesign design_;
  std::vector<Planes> pool_;
};

}  // namespace

BankDesign design_bank(const Corpus& corpus, const std::vector<uint32_t>& items, size_t n_features, uint64_t seed,
                       int n_threads) {
  return BankDesigner(corpus, items, seed).run(n_features, n_threads);
}

}  // namespace gulo
