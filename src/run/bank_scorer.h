// The bank of convolutions of a model file at work: samples in, logits out.
#pragma once

#include <vector>

#include "data/reader/reader.h"
#include "kernel/convolution_bank.h"
#include "model/convolution_bank_spec.h"

namespace gulo {

// Of one thread.
struct BankScratch {
  std::vector<float> values, planes, features;
  ConvolutionScratch convolution;
};

// features: [n_features] of an item of kind samples.
void bank_features(const ConvolutionBank& bank, const ItemView& item, BankScratch& scratch, float* features);

class BankScorer {
 public:
  // `tensors` must outlive the scorer. Throws Error (kData) where they do not fit the spec.
  BankScorer(const ConvolutionBankSpec& spec, size_t n_labels, const TensorMap& tensors);
  BankScorer(const BankScorer&) = delete;
  BankScorer& operator=(const BankScorer&) = delete;

  // Uncalibrated logits [n_labels] of one item of kind samples, in [-1, 1] or somewhat beyond. Thread-safe.
  std::vector<float> logits(const ItemView& item, BankScratch& scratch) const;

 private:
  const ConvolutionBankSpec spec_;
  const size_t n_labels_;
  ConvolutionBank bank_;
  const float *weights_, *offsets_;
};

}  // namespace gulo
