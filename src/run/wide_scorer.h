// The wide part of a model file at work: bytes in, logits out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/ngram_bag.h"
#include "model/model_file.h"

namespace gulo {

NgramBagShape ngram_bag_shape(const WideSpec& spec);

// Scratch space of one thread: 2^log2_rows bits and the ids of one window.
struct NgramScratch {
  std::vector<uint64_t> seen;
  std::vector<uint32_t> ids;
};

// Distinct ids of a window; they lie in scratch.ids, the return says how many.
size_t extract_window(const NgramBagShape& shape, std::span<const uint8_t> window, bool head, NgramScratch& scratch);

class WideScorer {
 public:
  // `model` must outlive the scorer.
  explicit WideScorer(const Model& model);
  // Uncalibrated logits [n_labels] of one item: windows of window_bytes, pooled as data/window_plan.h says.
  std::vector<float> logits(std::span<const uint8_t> item, NgramScratch& scratch) const;

 private:
  NgramBagShape shape_;
  size_t window_bytes_;
  std::vector<uint32_t> rank_;
  Int8Table table_;
  const float* bias_;
};

}  // namespace gulo
