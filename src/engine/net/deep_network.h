// What every kind's deep part is to the trainer and to prediction: a stem of its own, a body, a pool, a head.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/reader/reader.h"
#include "engine/feed/batch.h"
#include "engine/feed/slot_batch.h"
#include "engine/net/batch_targets.h"
#include "model/safetensors.h"
#include "model/spec.h"

namespace gulo {

// A tensor of the network that is saved with it. hidden_matrix: trained with Muon and saved as bf16, in which it is
// multiplied anyway (a convolution's [out, in, h, w] counts as [out, in * h * w]). trained: false for statistics and
// frozen weights.
struct Parameter {
  std::string name;
  at::Tensor value;  // float
  bool hidden_matrix = false;
  bool trained = true;
  double rate_scale = 1;  // of the optimiser's learning rate
};

// Parameters as bytes for a model file; `tensors` points into `storage`.
struct ParameterBuffers {
  std::vector<std::vector<uint8_t>> storage;
  TensorMap tensors;
};

// How a forward pass in training differs from one in prediction.
struct TrainStep {
  double head_dropout = 0;
  double label_smoothing = 0;
  uint64_t seed = 0;    // the same seed drops the same features
  double fraction = 0;  // of the training that is done, 0..1
};

// Adds a float tensor up over all processes, in place; all of them call it, in the same order.
using SumOverParts = std::function<void(const at::Tensor&)>;

class DeepNetwork {
 public:
  virtual ~DeepNetwork() = default;

  // Logits [n_entries, n_labels] float. `step` null: prediction, which depends on nothing but the entry itself.
  virtual at::Tensor forward(const Batch& batch, const TrainStep* step) = 0;
  // Mean loss of the entries: task_loss() unless a network of several members has its own.
  virtual at::Tensor loss(const Batch& batch, const BatchTargets& targets, const TrainStep& step);
  // Logits [n_slots, n_labels] float of slots, on the device that the parameters are on. What a step drops is drawn
  // from LibTorch's generator of the device, whatever its seed. Throws Error (kDevice): not every kind is made for it.
  virtual at::Tensor forward_slots(const SlotBatch& batch, const TrainStep* step);
  // Their mean loss, as loss() of a batch: a network that has its own has it here too.
  virtual at::Tensor loss_of_slots(const SlotBatch& batch, const BatchTargets& targets, const TrainStep& step);
  // What a network of several fields takes of this one, [n_entries, n_labels]: its logits, unless these are made of
  // more than one entry's own features.
  virtual at::Tensor features(const Batch& batch, const TrainStep* step) { return forward(batch, step); }
  // The same of whole items, as logits() gives them.
  virtual std::vector<float> features_of(std::span<const ItemView> items, size_t max_windows) {
    return logits(items, max_windows);
  }
  // Floating-point operations of the matrix products of one forward pass over what is no padding.
  virtual double forward_flops(const Batch& batch) const = 0;
  // Logits [n_items, n_labels] of whole items of any shape, uncalibrated; an item's do not depend on the others'.
  // max_windows > 0 bounds how many windows of a long item are looked at. Uses LibTorch's threads; one call at a time.
  // Throws Error (kData) for an item that is not of this network's kind.
  virtual std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) = 0;
  // What such a call costs, in a unit of the network's own that is proportional to its time.
  virtual double logits_cost(std::span<const ItemView> items, size_t max_windows) const = 0;
  // The cost, in the same unit, of the forward pass of a training batch.
  virtual double batch_cost(const Batch& batch) const = 0;

  // The entries [begin, end) of a batch as one of their own, not empty: with the other parts, each in a process of its
  // own, they teach what the whole would. Losses and gradients are means over entries, to be weighed by their number.
  virtual Batch part(const Batch& batch, int64_t begin, int64_t end) const = 0;
  // What the entries of a batch cost, compared with each other.
  virtual std::vector<double> entry_costs(const Batch& batch) const;
  // For layers in which the entries of a batch meet: while this is set, training batches are parts, of which every
  // process has one.
  virtual void sum_over_parts(SumOverParts sum) { sum_over_parts_ = std::move(sum); }

  // What a model file keeps beside the parameters, to build the same network again.
  virtual DeepSpec saved_spec() const = 0;

  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  int64_t n_parameters() const;

  // Moves all parameters; logits() follows them, forward() is for the CPU.
  void to(const at::Device& device);
  bool on_cpu() const { return parameters_.empty() || parameters_[0].value.is_cpu(); }

  // Names are "deep." + the parameter's.
  ParameterBuffers export_parameters() const;
  // Throws Error (kData) naming the tensor that is absent, of the wrong shape or type.
  void import_parameters(const TensorMap& tensors);

 protected:
  std::vector<Parameter> parameters_;
  SumOverParts sum_over_parts_;
};

}  // namespace gulo
