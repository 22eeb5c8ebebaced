// Prediction on the CPU without the engine: the wide part now.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/reader/reader.h"
#include "model/model_file.h"

namespace gulo {

class Predictor {
 public:
  virtual ~Predictor() = default;
  // Calibrated logits [n_labels] of one item of the model's kind; its bytes must be readable (never used) for
  // kItemPadding bytes past their end. Throws Error (kData) for an item of a shape that the model cannot take.
  // Thread-safe: `thread` picks scratch space, 0 <= thread < n_threads of make_predictor.
  virtual std::vector<float> logits(const ItemView& item, int thread) const = 0;
  // The same of many items at once, [n_items, n_labels]: what is fastest for whole data sets.
  virtual std::vector<float> logits_of_all(std::span<const ItemView> items, int n_threads) const;
};

// True where `model` needs no engine.
bool runs_without_engine(const ModelSpec& spec);
// Throws Error (kData) where the model needs the engine. `model` must outlive the predictor.
std::unique_ptr<Predictor> make_predictor(const Model& model, int n_threads);

// The wide part alone, where the model has one: its logits with their scale, without the labels' offsets.
std::unique_ptr<Predictor> make_wide_predictor(const Model& model, int n_threads);

std::vector<float> softmax(std::span<const float> logits);
// Of one item's logits: softmax of one label, a sigmoid of each of several.
std::vector<float> probabilities(Task task, std::span<const float> logits);

}  // namespace gulo
