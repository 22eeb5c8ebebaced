// Layout: a group's signal lies in scratch with 4 dilations of zeros on both sides, so no tap needs a bound. Of a tile
// of kTile steps the nine taps (times three, less the centre tap) and their sum are written to L1 once; each kernel
// then reads one tap and the running pair (a, b). Bytes moved a kernel, tile and 4 biases: 8 KiB from L1. Roofline:
// comparisons and masked additions, one each a bias, 16 steps wide on AVX-512.
#include "kernel/convolution_bank.h"

#include <algorithm>
#include <limits>

// As in ngram_bag_cpu.cpp: arrays of vectors.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/convolution_bank_cpu.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gulo::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kTile = 1024;
constexpr size_t kTaps = kConvolutionTaps;

struct Tile {
  HWY_ALIGN float tap[kTaps][kTile];  // 3 * (x[t + (j - 4) dilation] - x[t])
  HWY_ALIGN float sum[kTile];         // of the taps, not times 3; infinite behind the last step: no bias is below
  HWY_ALIGN float pair[kTile];        // tap a + tap b - sum
  size_t n = 0;                       // steps, rounded up to whole vectors
};

// Additions alone: a multiplication before one might be fused on some instruction sets, and give other bits.
HWY_INLINE void fill_tile(const float* HWY_RESTRICT signal, size_t dilation, size_t n_steps, Tile& tile) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  tile.n = (n_steps + lanes - 1) / lanes * lanes;
  for (size_t t = 0; t < tile.n; t += lanes) {
    const auto centre = hn::LoadU(d, signal + t + 4 * dilation);
    auto sum = hn::Zero(d);
    for (size_t j = 0; j < kTaps; ++j) {
      const auto tap = hn::Sub(hn::LoadU(d, signal + t + j * dilation), centre);
      sum = hn::Add(sum, tap);
      hn::Store(hn::Add(hn::Add(tap, tap), tap), d, tile.tap[j] + t);
    }
    hn::Store(sum, d, tile.sum + t);
  }
  std::fill(tile.sum + n_steps, tile.sum + tile.n, std::numeric_limits<float>::infinity());
}

HWY_INLINE void fill_pair(size_t a, size_t b, Tile& tile) {
  const hn::ScalableTag<float> d;
  for (size_t t = 0; t < tile.n; t += hn::Lanes(d))
    hn::Store(hn::Sub(hn::Add(hn::Load(d, tile.tap[a] + t), hn::Load(d, tile.tap[b] + t)), hn::Load(d, tile.sum + t)),
              d, tile.pair + t);
}

// counts[j] += steps of the tile where pair + tap c > biases[j].
template <int kBiases>
HWY_INLINE void count_biases(const Tile& tile, size_t c, const float* biases, uint32_t* counts) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  hn::Vec<decltype(d)> bias[kBiases];
  hn::Vec<decltype(di)> count[kBiases];
  for (int j = 0; j < kBiases; ++j) bias[j] = hn::Set(d, biases[j]), count[j] = hn::Zero(di);
  for (size_t t = 0; t < tile.n; t += hn::Lanes(d)) {
    const auto response = hn::Add(hn::Load(d, tile.pair + t), hn::Load(d, tile.tap[c] + t));
    for (int j = 0; j < kBiases; ++j)
      count[j] = hn::Sub(count[j], hn::VecFromMask(di, hn::RebindMask(di, hn::Gt(response, bias[j]))));  // true is -1
  }
  for (int j = 0; j < kBiases; ++j) counts[j] += static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(di, count[j])));
}

HWY_INLINE void count_kernel(const Tile& tile, size_t c, const float* biases, size_t n_biases, uint32_t* counts) {
  size_t j = 0;
  for (; j + 4 <= n_biases; j += 4) count_biases<4>(tile, c, biases + j, counts + j);
  switch (n_biases - j) {
    case 3:
      return count_biases<3>(tile, c, biases + j, counts + j);
    case 2:
      return count_biases<2>(tile, c, biases + j, counts + j);
    case 1:
      return count_biases<1>(tile, c, biases + j, counts + j);
    default:
      return;
  }
}

// signal: [n_steps + 8 dilation], then a vector of zeros. counts: [kConvolutionKernels, n_biases], added to.
void count_group(const float* signal, size_t n_steps, size_t dilation, const float* biases, size_t n_biases,
                 uint32_t* counts) {
  Tile tile;
  for (size_t begin = 0; begin < n_steps; begin += kTile) {
    fill_tile(signal + begin, dilation, std::min(kTile, n_steps - begin), tile);
    size_t at = 0;
    for (size_t a = 0; a < kTaps; ++a) {
      for (size_t b = a + 1; b + 1 < kTaps; ++b) {
        fill_pair(a, b, tile);
        for (size_t c = b + 1; c < kTaps; ++c, at += n_biases)
          count_kernel(tile, c, biases + at, n_biases, counts + at);
      }
    }
  }
}

}  // namespace gulo::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(count_group);

namespace {

constexpr size_t kSlack = 64;  // floats that whole vectors may read behind the last step

void sum_channels(const ConvolutionBank& bank, size_t group, const float* planes, size_t n_steps, size_t dilation,
                  std::vector<float>& signal) {
  signal.assign(n_steps + 8 * dilation + kSlack, 0.0f);
  float* sum = signal.data() + 4 * dilation;
  for (size_t c = 0; c < bank.n_channels; ++c) {
    if (!bank.channels[group * bank.n_channels + c]) continue;
    const float* plane = planes + c * n_steps;
    for (size_t t = 0; t < n_steps; ++t) sum[t] += plane[t];
  }
}

}  // namespace

void convolution_bank_cpu(const ConvolutionBank& bank, const float* planes, size_t n_steps, ConvolutionScratch& scratch,
                          float* features) {
  const float* biases = bank.biases;
  for (size_t g = 0; g < bank.n_groups; ++g) {
    const auto n_biases = static_cast<size_t>(bank.n_biases[g]), n_counts = kConvolutionKernels * n_biases;
    // Past the item's ends all is zero: a dilation of n_steps already sees nothing but the centre tap.
    const size_t dilation = std::min(static_cast<size_t>(bank.dilations[g]), n_steps);
    scratch.counts.assign(n_counts, 0);
    sum_channels(bank, g, planes, n_steps, dilation, scratch.signal);
    HWY_DYNAMIC_DISPATCH(count_group)
    (scratch.signal.data(), n_steps, dilation, biases, n_biases, scratch.counts.data());
    for (size_t i = 0; i < n_counts; ++i)
      features[i] =
          n_steps == 0 ? 0 : static_cast<float>(static_cast<double>(scratch.counts[i]) / static_cast<double>(n_steps));
    biases += n_counts;
    features += n_counts;
  }
}

}  // namespace gulo
#endif  // HWY_ONCE
