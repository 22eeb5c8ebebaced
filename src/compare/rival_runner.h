// A rival as a contestant.
#pragma once

#include <string>

#include "compare/contestant.h"
#include "compare/laid_out_data.h"
#include "compare/rival.h"

namespace gulo {

struct RivalRun {
  std::string python;         // the program
  std::string rivals_folder;  // holds run.py
  int n_cores = 1;
  double limit_s = 600;
};

// Runs a rival on the laid-out data by rivals/run.py; files of its own go to `folder`. Its seconds are those that
// run.py measures: starting Python and importing its packages is not in them. Not scored yet. Throws Error (kDevice):
// it failed, took too long, or did not answer every item.
Contestant run_rival(const Rival& rival, const RivalRun& run, const LaidOutData& laid, const std::string& folder);

}  // namespace gulo
