// How a network is best set up, found out by small ones on the validation items.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "engine/train/deep_setup.h"
#include "engine/train/deep_trainer.h"
#include "model/calibration.h"

namespace gulo {

class Trials {
 public:
  // train(setup) trains a network on the training items, for setup.seconds at most. left_s(): seconds that are left for
  // trials, 0 where no more are wanted. With several processes both say the same to all.
  Trials(Kind kind, const Targets& valid_targets, std::function<DeepResult(const SetupOptions&)> train,
         std::function<double()> left_s)
      : kind_(kind), targets_(valid_targets), train_(std::move(train)), left_s_(std::move(left_s)) {}

  // Tries whether the values of numbers are best known one by one, and how often items are best seen. Returns the best
  // trial, the first one at least. A step back may be chance: only where it is clear are no more epochs tried.
  DeepResult run();

 private:
  // Whether there is reason to try further ones of its kind.
  bool attempt(SetupOptions setup);

  Kind kind_;
  const Targets& targets_;
  std::function<DeepResult(const SetupOptions&)> train_;
  std::function<double()> left_s_;
  DeepResult best_;
  std::vector<float> best_logits_;  // of the validation items, calibrated
};

}  // namespace gulo
