#include "engine/train/trials.h"

#include <utility>

namespace gulo {

bool Trials::attempt(SetupOptions setup) {
  setup.seconds = left_s_();
  if (best_.network) {
    const bool is_over = best_.interrupted || best_.steps == 0;
    if (is_over || best_.loop_seconds * setup.epochs / best_.epochs > setup.seconds) return false;
  }
  DeepResult trial = train_(setup);
  std::vector<float> logits = combine_logits(fit_calibration({}, trial.valid_logits, targets_), {}, trial.valid_logits);
  if (best_.network && improves(logits, best_logits_, targets_)) return false;
  if (best_.network && mean_loss(logits, targets_) >= mean_loss(best_logits_, targets_)) return true;
  best_ = std::move(trial);
  best_logits_ = std::move(logits);
  return true;
}

DeepResult Trials::run() {
  SetupOptions setup{.is_trial = true};
  const std::vector<double> all_epochs = epochs_to_try(kind_);
  setup.epochs = all_epochs.front();
  attempt(setup);
  if (knows_number_values(*best_.network)) {
    setup.number_values = false;
    attempt(setup);
    setup.number_values = knows_number_values(*best_.network);
  }
  for (size_t i = 1; i < all_epochs.size(); ++i) {
    setup.epochs = all_epochs[i];
    if (!attempt(setup)) break;
  }
  return std::move(best_);
}

}  // namespace gulo
