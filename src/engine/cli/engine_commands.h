// The commands that need LibTorch. Each returns the exit code and throws Error.
#pragma once

#include <memory>

#include "cli/options.h"
#include "model/model_file.h"
#include "run/predictor.h"

namespace gulo {

// Trains on options.data[0] and writes options.model.
int run_train(const Options& options);
// Says what this machine can do, and whether its kernels calculate right.
int run_doctor(const Options& options);
// Prediction by models with a deep part. `model` must outlive the predictor.
std::unique_ptr<Predictor> make_engine_predictor(const Model& model, int n_threads);

}  // namespace gulo
