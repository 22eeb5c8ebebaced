// The deep part for pictures: whitening stem -> 3x3 convolutions -> mean and maximum over all positions -> linear head.
//
// After airbench (Jordan 2024, arXiv 2404.00498): the stem is frozen, convolutions begin as the identity, each is
// followed by batch normalisation without a factor. Pictures of any sizes share a batch; none is made larger or
// smaller.
#pragma once

#include <functional>
#include <vector>

#include "data/corpus.h"
#include "engine/net/deep_network.h"
#include "engine/net/pixel_body.h"
#include "engine/net/pixel_stem.h"
#include "model/spec.h"

namespace gulo {

class PixelNetwork : public DeepNetwork {
 public:
  // Random convolutions; the stem's filters are zero until fit_stem() or import_parameters(). dtype: float or bf16.
  PixelNetwork(const PixelNetworkSpec& spec, uint64_t seed, at::ScalarType dtype);

  // Fits the stem's filters to pictures among `items`. Deterministic in its arguments.
  void fit_stem(const Corpus& corpus, const std::vector<uint32_t>& items, uint64_t seed);

  const PixelNetworkSpec& spec() const { return spec_; }

  // A batch of PixelPacker's.
  at::Tensor forward(const Batch& batch, const TrainStep* step) override;
  at::Tensor forward_slots(const SlotBatch& batch, const TrainStep* step) override;
  double forward_flops(const Batch& batch) const override;
  // Of one picture: of the products that are computed, which of floats are fewer than the taps (winograd_kernels.h).
  double forward_flops(const GridSize& picture) const;
  std::vector<float> logits(std::span<const ItemView> items, size_t max_windows) override;
  // Multiplications of the convolutions.
  double logits_cost(std::span<const ItemView> items, size_t max_windows) const override;
  Batch part(const Batch& batch, int64_t begin, int64_t end) const override;
  std::vector<double> entry_costs(const Batch& batch) const override;
  DeepSpec saved_spec() const override { return spec_; }
  double batch_cost(const Batch& batch) const override { return forward_flops(batch) / 2; }

 private:
  at::Tensor add(const std::string& name, const at::Tensor& value, bool hidden_matrix, bool trained);
  void add_layer(int64_t index, int64_t in, const PixelLayerSpec& layer, const at::Generator& generator);
  // Features of the layers, whose statistics a training follows.
  at::Tensor features_by(const std::function<at::Tensor(const std::vector<PixelLayer>&)>& body, bool training);
  at::Tensor slot_logits(const Batch& batch);
  double layer_flops(const GridSize& grid, const PixelLayer& layer) const;
  void keep_norms();
  void follow_statistics(const std::vector<PixelLayer>& batch);

  PixelNetworkSpec spec_;
  at::ScalarType dtype_;
  PixelStem stem_;
  std::vector<PixelLayer> layers_;
  at::Tensor head_weight_, head_bias_;
};

}  // namespace gulo
