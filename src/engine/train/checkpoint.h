// The file beside the model in which a training keeps what it has come to, for `gulo train --resume`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "data/corpus.h"
#include "engine/train/trainer.h"
#include "engine/train/training_state.h"

namespace gulo {

// MODEL.checkpoint
std::string checkpoint_path(const std::string& model_path);

// Seconds between two checkpoints, 0: never. TrainOptions::checkpoint_s, or what the budget suggests.
double checkpoint_interval_s(const TrainOptions& options);

// What a training must have in common with one that goes on from its checkpoint: options by their names, and the data.
nlohmann::json training_identity(const TrainOptions& options);
nlohmann::json training_identity(const Corpus& corpus);

// Throws Error (kData) that names the first thing in which `now` differs from `then`, as training_identity() gives
// both.
void require_same_training(const nlohmann::json& then, const nlohmann::json& now, const std::string& path);

// Writes the file, with a warning instead of an Error where that fails: the training itself goes on.
void write_checkpoint(const std::string& path, const TrainingState& state);
// Throws Error (kData): there is none, it is damaged, it is of other options.
TrainingState read_checkpoint(const TrainOptions& options);

}  // namespace gulo
