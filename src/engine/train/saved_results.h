// What a training of the deep part has found so far, in the state that it goes on from.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/train/deep_trainer.h"
#include "engine/train/training_state.h"

namespace gulo {

// What network it is, the curve, and of the best one its error, its logits of the validation items and its parameters.
void put_results(TrainingState& state, const DeepNetwork& network, const DeepResult& result,
                 const std::vector<at::Tensor>& best);
// Throws Error (kData) where the state is of another network.
void take_results(const TrainingState& state, const DeepNetwork& network, DeepResult& result,
                  std::vector<at::Tensor>& best);

}  // namespace gulo
