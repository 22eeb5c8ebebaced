// What every kind's deep part is to the trainer and to prediction: a stem of its own, a body, a pool, a head.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "data/reader/reader.h"
#include "model/safetensors.h"

namespace gulo {

// A tensor of the network that is saved with it. hidden_matrix: trained with Muon and saved as bf16, in which it is
// multiplied anyway. trained: false for statistics and frozen weights.
struct Parameter {
  std::string name;
  at::Tensor value;  // float
  bool hidden_matrix = false;
  bool trained = true;
};

// One step's entries. What `values` holds is between a kind's feed and its network.
struct Batch {
  std::vector<at::Tensor> values;
  std::vector<int32_t> begins, ends;  // rows of each entry, where entries are packed one behind the other
  std::vector<uint32_t> owners;       // item number of each entry
  int64_t n_item_bytes = 0;           // raw bytes that are looked at, without padding
};

// How a forward pass in training differs from one in prediction.
struct TrainStep {
  double head_dropout = 0;
  uint64_t seed = 0;      // the same seed drops the same features
  double fraction = 0;    // of the training that is done, 0..1
};

class DeepNetwork {
 public:
  virtual ~DeepNetwork() = default;

  // Logits [n_entries, n_labels] float. `step` null: prediction, which depends on nothing but the entry itself.
  virtual at::Tensor forward(const Batch& batch, const TrainStep* step) = 0;
  // Floating-point operations of the matrix products of one forward pass over what is no padding.
  virtual double forward_flops(const Batch& batch) const = 0;
  // Logits [n_items, n_labels] of whole items of any shape, uncalibrated; an item's do not depend on the others'.
  // max_windows > 0 bounds how many windows of a long item are looked at. Throws Error (kData) for an item that is not
  // of this network's kind.
  virtual std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) = 0;
  // How many floating-point operations logits() takes: what a call costs, before it is made.
  virtual double logits_flops(std::span<const ItemView> items, size_t max_windows) const = 0;
  // What rebuilds the network: {"kind": "pixels", ...}.
  virtual nlohmann::json spec() const = 0;

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }

 protected:
  std::vector<Parameter> parameters_;
};

// An endless stream of training batches: every epoch each item once, in a new random order, in the same bits for the
// same seed.
class Feed {
 public:
  virtual ~Feed() = default;
  virtual Batch next() = 0;
  virtual double epochs() const = 0;
};

}  // namespace gulo
