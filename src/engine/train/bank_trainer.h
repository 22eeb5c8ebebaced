// Trains the wide part of kind samples: a bank of convolutions drawn for the corpus (bank_design.h) and a ridge head in
// closed form (ridge.h). Seconds, where gradient descent takes minutes, and better on few items.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/corpus.h"
#include "data/split.h"
#include "model/convolution_bank_spec.h"

namespace gulo {

struct BankOptions {
  double seconds = 0;  // 0: as long as it takes; else fewer features, or none, where these would take longer
  uint64_t seed = 0;
  int n_threads = 1;
  bool refit = true;  // the head in `tensors` is trained on training and validation items together
  size_t n_features = 10000;
  size_t memory_bytes = size_t{1} << 30;  // of the features of all items
};

struct BankResult {
  ConvolutionBankSpec spec;
  BankTensors tensors;
  // [n_valid, n_labels] of the head as trained on the training items alone (with refit: in closed form from the one
  // that was trained on all, whose penalty and scale of the features it has).
  std::vector<float> valid_logits;
  // [n_items, n_labels] of `loo_items`, each by a head that was trained on all of the others. Where items are few,
  // these calibrate better than a tenth set aside. Of items with equal content the others give the answer away.
  std::vector<float> loo_logits;
  std::vector<uint32_t> loo_items;  // ascending: all that the head in `tensors` was trained on
  double penalty = 0, loo_error = 0, valid_error = 0, seconds = 0;
  bool refitted = false;
  uint64_t n_parameters = 0;
};

// Nothing where the data are too many for the time or the memory, where there are fewer than two labels or training
// items, or when interrupted(). The bits depend on (corpus, parts, options) and, in the decomposition, on LibTorch's
// number of threads; on the clock only where `seconds` calls for fewer features. Throws Error (kUsage) where the corpus
// is of another kind than samples.
std::optional<BankResult> train_bank(const Corpus& corpus, const TrainValid& parts, const BankOptions& options);

}  // namespace gulo
