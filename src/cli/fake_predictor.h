// For tests: a predictor whose answers are known without a network.
#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "run/predictor.h"

namespace gulo {

// The label is the first byte's digit ("1..." is label 1); an item of no bytes is label 0.
class FirstDigitPredictor : public Predictor {
 public:
  explicit FirstDigitPredictor(size_t n_labels) : n_labels_(n_labels) {}
  std::vector<float> logits(const ItemView& view, int) const override {
    const std::span<const uint8_t> item = view.bytes;
    std::vector<float> values(n_labels_, 0.0f);
    const size_t label = item.empty() ? 0 : static_cast<size_t>(item[0] - '0');
    require(label < n_labels_, ErrorKind::kData, "is no digit");
    values[label] = 4;
    return values;
  }

 private:
  size_t n_labels_;
};

}  // namespace gulo
