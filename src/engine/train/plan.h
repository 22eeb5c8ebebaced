// What the budget is spent on.
#pragma once

#include <vector>

#include "engine/train/wide_trainer.h"

namespace gulo {

struct BudgetPlan {
  double wide_search_s = 0;  // all recipes together
  double wide_final_s = 0;   // the winner once more, on everything or for longer
  double deep_s = 0;         // what is left for the deep part where the wide one takes all of its time
  double end_s = 0;          // when training has to be over, counted from the start of the process
};

// `parts` as on the command line; now_s: what reading the data has taken. Six tenths of what is left go to the wide
// part at most; most often it needs less, and the deep part takes the rest.
BudgetPlan plan_budget(double budget_s, double now_s, const std::string& parts);

// The recipes that the wide part chooses from on the validation part, cheapest first.
std::vector<WideRecipe> wide_recipes(Task task, size_t n_labels);

}  // namespace gulo
