// The commands that need LibTorch. Each returns the exit code and throws Error.
#pragma once

#include "cli/options.h"

namespace gulo {

// Trains on options.data[0] and writes options.model.
int run_train(const Options& options);
// Says what this machine can do, and whether its kernels calculate right.
int run_doctor(const Options& options);

}  // namespace gulo
