#include "engine/train/engine_predictor.h"

#include <ATen/Parallel.h>

#include <mutex>

#include "engine/net/make_network.h"
#include "engine/train/matmul_check.h"
#include "model/calibration.h"

namespace gulo {

namespace {

// wide + deep, as calibrated. LibTorch's threads share one item's work, so items take turns in the deep part.
class EnginePredictor : public Predictor {
 public:
  EnginePredictor(const Model& model, int n_threads)
      : calibration_{1, model.spec.calibration.deep_scale, model.spec.calibration.label_offsets},
        deep_(load_network(*model.spec.deep, model.tensors(), matmul_dtype(model.spec.kind))) {
    if (model.spec.has_wide()) wide_ = make_wide_predictor(model, n_threads);
  }

  std::vector<float> logits(const ItemView& item, int thread) const override {
    std::vector<float> wide;
    if (wide_) wide = wide_->logits(item, thread);
    return with_deep(std::move(wide), {&item, 1});
  }

  std::vector<float> logits_of_all(std::span<const ItemView> items, int n_threads) const override {
    std::vector<float> wide;
    if (wide_) wide = wide_->logits_of_all(items, n_threads);
    return with_deep(std::move(wide), items);
  }

 private:
  std::vector<float> with_deep(std::vector<float> wide, std::span<const ItemView> items) const {
    const std::lock_guard lock(deep_mutex_);
    return combine_logits(calibration_, wide, deep_->logits(items, 0));
  }

  Calibration calibration_;  // the wide part's logits come with their scale
  std::unique_ptr<Predictor> wide_;
  std::unique_ptr<DeepNetwork> deep_;
  mutable std::mutex deep_mutex_;
};

}  // namespace

std::unique_ptr<Predictor> make_engine_predictor(const Model& model, int n_threads) {
  at::set_num_threads(n_threads);
  if (runs_without_engine(model.spec)) return make_predictor(model, n_threads);
  return std::make_unique<EnginePredictor>(model, n_threads);
}

}  // namespace gulo
