// Prediction by models of any parts, deep ones too.
#pragma once

#include <memory>

#include "model/model_file.h"
#include "run/predictor.h"

namespace gulo {

// `model` must outlive the predictor. Uses LibTorch's threads: n_threads of them from now on.
std::unique_ptr<Predictor> make_engine_predictor(const Model& model, int n_threads);

}  // namespace gulo
