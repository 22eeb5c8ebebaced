// convolution_bank: 84 fixed convolutions of nine taps over sums of channels at many dilations, each counted above
// biases.
//
// After MiniRocket (Dempster, Schmidt and Webb 2021, arXiv 2012.08791). Kernel (a, b, c), a < b < c, has weight 2 at
// taps a, b and c and -1 at the other six, so it sums to zero and does not see a constant level. A group is a subset of
// the channels, summed to one signal, and a dilation; all 84 kernels run over it. The signal counts as zero outside of
// the item, so there is a response at every step. A feature is the share of the item's steps whose response is above a
// bias: it lies in [0, 1] whatever the item holds, and does not depend on the item's length but through what is in it.
//
// Shapes   planes: float [n_channels, n_steps], finite (convolution_bank_planes makes them); features: [n_features],
//          group by group, within it kernel by kernel (a, b, c ascending), within it bias by bias.
// Cost     a group and step: 36 additions and subtractions of taps, 1.4 additions a kernel, a comparison and a masked
//          addition a bias; 10,000 features of 1,460 steps are 3e7 of these, two 16 lanes wide a cycle. All in L1: 45
//          KiB of taps for a tile of 1,024 steps; from memory come the signals, 4 bytes a group and step.
// Threads  the functions touch only what they are given; they run over items.
// Error    none where float sums are exact (integers below 2^20). Elsewhere a response that the reference (double) puts
//          within 1e-6 of the sum of magnitudes of a bias may be counted on its other side. Additions and comparisons
//          alone, in one order: the same bits with every instruction set. A constant signal's responses are exactly
//          zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gulo {

inline constexpr size_t kConvolutionKernels = 84, kConvolutionTaps = 9;

// A view; the arrays are someone else's.
struct ConvolutionBank {
  size_t n_channels = 1, n_groups = 0;
  const int* dilations = nullptr;     // [n_groups], each >= 1
  const int* n_biases = nullptr;      // [n_groups], each >= 1: biases of each of the group's kernels
  const uint8_t* channels = nullptr;  // [n_groups, n_channels]: 1 where the channel is in the group's sum
  const float* biases = nullptr;      // [n_features], in the order of the features

  size_t n_features() const;
};

// x: [n_steps, n_item_channels]. A value that is no finite number counts as the last one before it in its channel, 0
// where there is none. Channels that the item lacks are zeros, channels past n_channels are left out.
void convolution_bank_planes(const float* x, size_t n_steps, size_t n_item_channels, size_t n_channels, float* planes);

// An item without steps has features 0.
void convolution_bank_reference(const ConvolutionBank& bank, const float* planes, size_t n_steps, double* features);

// Of one thread; grows to 10 signals of the longest item.
struct ConvolutionScratch {
  std::vector<float> signal;
  std::vector<uint32_t> counts;
};
void convolution_bank_cpu(const ConvolutionBank& bank, const float* planes, size_t n_steps, ConvolutionScratch& scratch,
                          float* features);

// The response of one kernel at one step, in double: what biases are chosen from. channels: [n_channels].
double convolution_response(const float* planes, size_t n_channels, size_t n_steps, const uint8_t* channels,
                            size_t dilation, size_t kernel, size_t step);

}  // namespace gulo
