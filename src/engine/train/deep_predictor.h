// Logits of arbitrary items by the deep part alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/net/network.h"
#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

class DeepPredictor {
 public:
  // `max_windows` > 0 bounds how many windows of a long item are looked at (data/window_plan.h). The network is shared,
  // not copied: its parameters as they are when logits() is called.
  explicit DeepPredictor(std::shared_ptr<const Network> network, size_t max_windows = 0);
  // From a model file's spec and tensors "deep.*". Throws Error (kData).
  DeepPredictor(const NetworkSpec& spec, const TensorMap& tensors);

  // [n_items, n_labels], uncalibrated. Many items in one call fill the batches best; an item's logits do not depend on
  // the others'. Uses LibTorch's threads; one call at a time.
  std::vector<float> logits(std::span<const std::span<const uint8_t>> items) const;

  // Coarse rows that are looked at for these items: what a call costs, before it is made.
  int64_t n_rows(std::span<const std::span<const uint8_t>> items) const;

 private:
  std::shared_ptr<const Network> network_;
  size_t max_windows_;
};

}  // namespace gulo
