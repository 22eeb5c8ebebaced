// gulo against ordinary pipelines on the user's own data: all of what `gulo compare` does but the talking.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compare/contestant.h"
#include "compare/laid_out_data.h"

namespace gulo {

struct CompareOptions {
  std::string data;
  std::string budget = "60s";
  double budget_s = 60;
  LayoutOptions layout;
  bool curve = false;                   // also at 1/4, 1/2, 2 and 4 times the budget
  std::string rivals_folder;            // --rivals
  std::vector<std::string> own_rivals;  // --rival: files
  std::string only;                     // rivals whose name contains this, in any case; empty: all
  std::string python;                   // --python
  double rival_limit_s = 600;           // a rival that takes longer is left out
};

// gulo at one budget.
struct CurveStep {
  double factor = 1, budget_s = 0;
  Contestant gulo;
};

struct LeftOut {
  std::string name, reason;
};

struct Comparison {
  std::string data;
  double budget_s = 0;
  int n_cores = 1;
  LaidOutData laid;                     // truth and labels
  std::vector<Contestant> contestants;  // gulo, then the rivals, best first
  std::vector<LeftOut> left_out;
  std::vector<CurveStep> curve;  // by budget; empty: not asked for
  bool uneven = false;           // labels of the test part differ in frequency by 3 or more

  const Contestant& gulo() const { return contestants.front(); }
  const Contestant& best_rival() const { return contestants.at(1); }
};

// Lays the data out, runs everyone one after the other, and scores them; says on standard error what it does. Throws
// Error: what lay_out throws; (kDevice) where gulo fails or no rival can be run.
Comparison compare(const CompareOptions& options);

// Keys: verdict p_value text data kind budget_s cores n_train n_test n_labels own_split rows left_out curve.
nlohmann::json to_json(const Comparison& comparison);

}  // namespace gulo
