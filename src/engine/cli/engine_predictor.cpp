#include <ATen/Parallel.h>

#include <mutex>

#include "base/threads.h"
#include "engine/cli/engine_commands.h"
#include "engine/net/make_network.h"
#include "engine/train/matmul_check.h"
#include "model/calibration.h"
#include "run/wide_scorer.h"

namespace gulo {

namespace {

// wide + deep, as calibrated. LibTorch's threads share one item's work, so items take turns in the deep part.
class EnginePredictor : public Predictor {
 public:
  EnginePredictor(const Model& model, int n_threads)
      : calibration_(model.spec.calibration),
        deep_(load_network(*model.spec.deep, model.tensors(), matmul_dtype())),
        scratch_(static_cast<size_t>(n_threads)) {
    if (model.spec.wide) wide_.emplace(model);
  }

  std::vector<float> logits(const ItemView& item, int thread) const override {
    std::vector<float> wide;
    if (wide_) wide = wide_->logits(item.bytes, scratch_[static_cast<size_t>(thread)]);
    return combine_logits(calibration_, wide, deep_logits({&item, 1}));
  }

  std::vector<float> logits_of_all(std::span<const ItemView> items, int n_threads) const override {
    std::vector<float> wide;
    if (wide_) {
      std::vector<std::vector<float>> rows(items.size());
      parallel_for(items.size(), n_threads, 4, [&](size_t i, int thread) {
        rows[i] = wide_->logits(items[i].bytes, scratch_[static_cast<size_t>(thread)]);
      });
      for (const auto& row : rows) wide.insert(wide.end(), row.begin(), row.end());
    }
    return combine_logits(calibration_, wide, deep_logits(items));
  }

 private:
  std::vector<float> deep_logits(std::span<const ItemView> items) const {
    const std::lock_guard lock(deep_mutex_);
    return deep_->logits(items, 0);
  }

  Calibration calibration_;
  std::optional<WideScorer> wide_;
  std::unique_ptr<DeepNetwork> deep_;
  mutable std::vector<NgramScratch> scratch_;  // one a thread
  mutable std::mutex deep_mutex_;
};

}  // namespace

std::unique_ptr<Predictor> make_engine_predictor(const Model& model, int n_threads) {
  at::set_num_threads(n_threads);
  if (runs_without_engine(model.spec)) return make_predictor(model, n_threads);
  return std::make_unique<EnginePredictor>(model, n_threads);
}

}  // namespace gulo
