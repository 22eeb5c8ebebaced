// The deep part for items of several fields: a network a field, whose features are joined by one hidden layer. All of
// it is trained together.
//
//   x_f = layer norm(features of field f)                          [n, field_width]; a learned vector where it is
//   missing logits = [x_1 .. x_F] direct + relu([x_1 .. x_F] in) out       [n, n_labels]
//
// In training a field is hidden from an item now and then, so that one that is missing later does not take it by
// surprise.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/net/entry_part.h"
#include "model/spec.h"

namespace gulo {

class FieldsNetwork : public DeepNetwork {
 public:
  struct Field {
    Kind kind;
    std::shared_ptr<DeepNetwork> network;  // of spec.field_width labels
    double matrix_rate_scale = 1, rate_scale = 1;
  };
  // Random joining layers. spec.fields are made of `fields`.
  FieldsNetwork(FieldsNetworkSpec spec, std::vector<Field> fields, uint64_t seed);

  // A batch of FieldsFeed's.
  at::Tensor forward(const Batch& batch, const TrainStep* step) override;
  double forward_flops(const Batch& batch) const override;
  // Throws Error (kData) for an item that is no packed item of these fields (data/fields.h).
  std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) override;
  // Costs count multiplications.
  double logits_cost(std::span<const ItemView> items, size_t max_windows) const override;
  double batch_cost(const Batch& batch) const override { return forward_flops(batch) / 2; }

  Batch part(const Batch& batch, int64_t begin, int64_t end) const override;
  // The fields' networks see their own parts: pictures are normalised by those of a process.
  void sum_over_parts(SumOverParts) override {}
  DeepSpec saved_spec() const override;

 private:
  at::Tensor add(const std::string& name, const at::Tensor& value);
  // features: [n_present, field_width] or nothing; places: [n], 0 where missing, else 1 + the row of features.
  at::Tensor normed(size_t field, const at::Tensor& features, const std::vector<int64_t>& places) const;
  at::Tensor join(const std::vector<at::Tensor>& normed, const TrainStep* step, const EntryPart& part) const;
  void hide_some(std::vector<int64_t>& places, uint64_t seed, const EntryPart& part) const;

  FieldsNetworkSpec spec_;
  std::vector<Field> fields_;
  std::vector<at::Tensor> missing_;
  at::Tensor in_, in_bias_, out_, out_bias_, direct_;
  std::vector<double> multiplications_per_cost_;  // of each field's network, as the latest training batch had it
};

}  // namespace gulo
