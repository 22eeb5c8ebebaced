// Parts of a recogniser whose training is over, as a checkpoint keeps them.
#pragma once

#include <ATen/core/ScalarType.h>

#include <optional>

#include "engine/train/deep_trainer.h"
#include "engine/train/training_state.h"
#include "engine/train/wide_part.h"
#include "model/spec.h"

namespace gulo {

// `spec`: kind, labels and so on, without parts. Of the deep network what a model file would hold.
TrainingState save_parts(const std::optional<WidePart>& wide, const std::optional<DeepResult>& deep, ModelSpec spec);

struct TrainedParts {
  std::optional<WidePart> wide;
  std::optional<DeepResult> deep;
};
// Throws Error (kData).
TrainedParts load_parts(const TrainingState& state, at::ScalarType dtype);

}  // namespace gulo
