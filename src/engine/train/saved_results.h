// What a training of the deep part has found so far, in the state that it goes on from.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/train/deep_trainer.h"
#include "engine/train/training_state.h"

namespace gulo {

// The curve, and of the best network its error, its logits of the validation items and its parameters.
void put_results(TrainingState& state, const DeepResult& result, const std::vector<at::Tensor>& best);
// Throws Error (kData) where `best` is neither empty nor of n_parameters.
void take_results(const TrainingState& state, size_t n_parameters, DeepResult& result, std::vector<at::Tensor>& best);

}  // namespace gulo
