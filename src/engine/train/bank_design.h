// Draws a bank of convolutions for a corpus of samples: dilations, sums of channels, and biases from the training
// items.
#pragma once

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "model/convolution_bank_spec.h"

namespace gulo {

struct BankDesign {
  ConvolutionBankSpec spec;
  std::vector<uint8_t> channels;  // [n_groups, n_channels]
  std::vector<float> biases;      // [n_features]

  ConvolutionBank view() const { return bank_view(spec, channels.data(), biases.data()); }
};

// About n_features features (a multiple of 84, at least 84) for `items`. Dilations go from 1 to an eighth of the
// longest item in even ratios. One channel: a group a dilation, its biases shared out among them. Several: a group a
// bias, each with its own subset of the channels, sizes from 1 to 9 in even ratios. A bias is a quantile of its
// kernel's responses on four items. Deterministic in (corpus, items, n_features, seed).
BankDesign design_bank(const Corpus& corpus, const std::vector<uint32_t>& items, size_t n_features, uint64_t seed,
                       int n_threads);

}  // namespace gulo
