// The definition, in double.
#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/convolution_bank.h"

namespace gulo {

namespace {

using Kernel = std::array<size_t, 3>;

std::array<Kernel, kConvolutionKernels> make_kernels() {
  std::array<Kernel, kConvolutionKernels> kernels{};
  size_t n = 0;
  for (size_t a = 0; a < kConvolutionTaps; ++a)
    for (size_t b = a + 1; b < kConvolutionTaps; ++b)
      for (size_t c = b + 1; c < kConvolutionTaps; ++c) kernels[n++] = {a, b, c};
  return kernels;
}

double signal_at(const float* planes, size_t n_channels, size_t n_steps, const uint8_t* channels, ptrdiff_t step) {
  if (step < 0 || step >= static_cast<ptrdiff_t>(n_steps)) return 0;
  double sum = 0;
  for (size_t c = 0; c < n_channels; ++c)
    if (channels[c]) sum += static_cast<double>(planes[c * n_steps + static_cast<size_t>(step)]);
  return sum;
}

}  // namespace

size_t ConvolutionBank::n_features() const {
  size_t n = 0;
  for (size_t g = 0; g < n_groups; ++g) n += static_cast<size_t>(n_biases[g]);
  return kConvolutionKernels * n;
}

void convolution_bank_planes(const float* x, size_t n_steps, size_t n_item_channels, size_t n_channels, float* planes) {
  for (size_t c = 0; c < n_channels; ++c) {
    float last = 0;
    for (size_t t = 0; t < n_steps; ++t) {
      if (c < n_item_channels && std::isfinite(x[t * n_item_channels + c])) last = x[t * n_item_channels + c];
      planes[c * n_steps + t] = last;
    }
  }
}

double convolution_response(const float* planes, size_t n_channels, size_t n_steps, const uint8_t* channels,
                            size_t dilation, size_t kernel, size_t step) {
  static const auto kernels = make_kernels();
  const auto at = [&](size_t tap) {
    const auto offset = (static_cast<ptrdiff_t>(tap) - 4) * static_cast<ptrdiff_t>(dilation);
    return signal_at(planes, n_channels, n_steps, channels, static_cast<ptrdiff_t>(step) + offset);
  };
  const double centre = at(kConvolutionTaps / 2);  // taken off, so that a constant signal leaves no rounding error
  double sum = 0;
  for (const size_t tap : kernels[kernel]) sum += 3 * (at(tap) - centre);
  for (size_t tap = 0; tap < kConvolutionTaps; ++tap) sum -= at(tap) - centre;
  return sum;
}

void convolution_bank_reference(const ConvolutionBank& bank, const float* planes, size_t n_steps, double* features) {
  const float* bias = bank.biases;
  for (size_t g = 0; g < bank.n_groups; ++g) {
    const uint8_t* channels = bank.channels + g * bank.n_channels;
    for (size_t k = 0; k < kConvolutionKernels; ++k) {
      for (int j = 0; j < bank.n_biases[g]; ++j, ++bias) {
        size_t count = 0;
        for (size_t t = 0; t < n_steps; ++t)
          count += convolution_response(planes, bank.n_channels, n_steps, channels,
                                        static_cast<size_t>(bank.dilations[g]), k, t) > static_cast<double>(*bias);
        *features++ = n_steps == 0 ? 0 : static_cast<double>(count) / static_cast<double>(n_steps);
      }
    }
  }
}

}  // namespace gulo
