// The commands that both programs share. Each returns the exit code and throws Error; none knows where the Predictor
// comes from.
#pragma once

#include "cli/options.h"
#include "model/model_file.h"
#include "run/predictor.h"

namespace gulo {

// --threads, or all that this process may use. The predictor must have been made for so many.
int thread_count(const Options& options);

// Recognises options.data and prints the answers in the order given.
int run_predict(const Options& options, const Model& model, const Predictor& predictor);
// Measures the recogniser on options.data[0] and prints, or writes to options.report, how well it does.
int run_test(const Options& options, const Model& model, const Predictor& predictor);
// Says what options.model is.
int run_info(const Options& options, const Model& model);
// Measures gulo and ordinary pipelines on options.data[0] and prints who wins.
int run_compare(const Options& options);

}  // namespace gulo
