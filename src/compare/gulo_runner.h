// gulo as a contestant.
#pragma once

#include <string>

#include "compare/contestant.h"
#include "compare/laid_out_data.h"

namespace gulo {

struct GuloRun {
  double budget_s = 60;
  uint64_t seed = 0;
  int n_cores = 1;
};

// Trains on the laid-out data with the program beside this one and predicts its test part; files of its own go to
// `folder`. The time of both programs is counted from their start to their end. Not scored yet. Throws Error (kDevice)
// where a program fails.
Contestant run_gulo(const GuloRun& run, const LaidOutData& laid, const std::string& folder);

}  // namespace gulo
