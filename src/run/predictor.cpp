#include "run/predictor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/threads.h"
#include "model/calibration.h"
#include "run/bank_scorer.h"
#include "run/forest_scorer.h"
#include "run/wide_scorer.h"

namespace gulo {

namespace {

class WidePredictor : public Predictor {
 public:
  WidePredictor(const Model& model, Calibration calibration, int n_threads)
      : scorer_(model), calibration_(std::move(calibration)), scratch_(static_cast<size_t>(std::max(1, n_threads))) {}

  std::vector<float> logits(const ItemView& item, int thread) const override {
    return combine_logits(calibration_, scorer_.logits(item.bytes, scratch_[static_cast<size_t>(thread)]), {});
  }

 private:
  WideScorer scorer_;
  Calibration calibration_;
  mutable std::vector<NgramScratch> scratch_;  // one a thread
};

class BankPredictor : public Predictor {
 public:
  BankPredictor(const Model& model, Calibration calibration, int n_threads)
      : scorer_(*model.spec.bank, model.spec.labels.size(), model.tensors()),
        calibration_(std::move(calibration)),
        scratch_(static_cast<size_t>(std::max(1, n_threads))) {}

  std::vector<float> logits(const ItemView& item, int thread) const override {
    return combine_logits(calibration_, scorer_.logits(item, scratch_[static_cast<size_t>(thread)]), {});
  }

 private:
  BankScorer scorer_;
  Calibration calibration_;
  mutable std::vector<BankScratch> scratch_;  // one a thread
};

class ForestPredictor : public Predictor {
 public:
  ForestPredictor(const Model& model, Calibration calibration)
      : scorer_(*model.spec.forest, model.spec.labels.size(), model.tensors()), calibration_(std::move(calibration)) {}

  std::vector<float> logits(const ItemView& item, int) const override {
    return combine_logits(calibration_, scorer_.logits(item), {});
  }

 private:
  ForestScorer scorer_;
  Calibration calibration_;
};

std::unique_ptr<Predictor> wide_predictor(const Model& model, const Calibration& calibration, int n_threads) {
  if (model.spec.bank) return std::make_unique<BankPredictor>(model, calibration, n_threads);
  if (model.spec.forest) return std::make_unique<ForestPredictor>(model, calibration);
  return std::make_unique<WidePredictor>(model, calibration, n_threads);
}

}  // namespace

std::vector<float> Predictor::logits_of_all(std::span<const ItemView> items, int n_threads) const {
  std::vector<std::vector<float>> rows(items.size());
  parallel_for(items.size(), n_threads, 4, [&](size_t i, int thread) { rows[i] = logits(items[i], thread); });
  std::vector<float> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return all;
}

bool runs_without_engine(const ModelSpec& spec) { return !spec.deep; }

std::unique_ptr<Predictor> make_predictor(const Model& model, int n_threads) {
  require(runs_without_engine(model.spec), ErrorKind::kDevice, "this model has a deep part",
          "gulo-engine predicts with it");
  return wide_predictor(model, model.spec.calibration, n_threads);
}

std::unique_ptr<Predictor> make_wide_predictor(const Model& model, int n_threads) {
  return wide_predictor(model, {.wide_scale = model.spec.calibration.wide_scale}, n_threads);
}

std::vector<float> softmax(std::span<const float> logits) {
  std::vector<float> probabilities(logits.begin(), logits.end());
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& p : probabilities) sum += p = std::exp(p - largest);
  for (float& p : probabilities) p /= sum;
  return probabilities;
}

std::vector<float> probabilities(Task task, std::span<const float> logits) {
  if (task == Task::kLabel) return softmax(logits);
  std::vector<float> all;
  for (const float logit : logits) all.push_back(1 / (1 + std::exp(-logit)));
  return all;
}

}  // namespace gulo
