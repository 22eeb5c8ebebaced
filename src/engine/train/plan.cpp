#include "engine/train/plan.h"

#include <algorithm>

namespace gulo {

namespace {
// Calibration, quantisation and writing the model file after the last step.
constexpr double kFinishSeconds = 0.35;
constexpr double kFinishShare = 0.005;
constexpr double kWideShare = 0.6;

// Fewer n-grams share a row where there are more rows; what is short has more of them in as much memory.
int log2_rows_for(size_t n_labels) {
  constexpr size_t kTableFloats = size_t{8} << 20;
  const auto width = static_cast<size_t>(ngram_bag_width(static_cast<int>(n_labels)));
  int log2_rows = 20;
  while (log2_rows < 22 && (width << (log2_rows + 1)) <= kTableFloats) ++log2_rows;
  return log2_rows;
}
}  // namespace

BudgetPlan plan_budget(double budget_s, double now_s, const std::string& parts) {
  BudgetPlan plan;
  plan.end_s = std::max(now_s + 0.1 * budget_s, budget_s * (1 - kFinishShare) - kFinishSeconds);
  const double left_s = plan.end_s - now_s;
  plan.deep_s = left_s;
  if (parts == "deep") return plan;
  const double wide_s = parts == "wide" ? left_s : kWideShare * left_s;
  plan.deep_s = left_s - wide_s;
  plan.wide_search_s = 0.55 * wide_s;
  plan.wide_final_s = wide_s - plan.wide_search_s;
  return plan;
}

std::vector<WideRecipe> wide_recipes(Task task, size_t n_labels) {
  constexpr int kWindowBytes = 4096;
  const int log2_rows = log2_rows_for(n_labels);
  const WideSpec local{.log2_rows = log2_rows,
                       .orders = {1, 2, 3, 4},
                       .head_bytes = 64,
                       .window_bytes = kWindowBytes,
                       .pair_gaps = {2, 3, 4}};
  WideSpec middle = local, text = local;
  middle.orders = {1, 2, 3, 4, 5, 6};
  text.orders = {1, 2, 3, 4, 5, 6, 7, 8};
  middle.head_bytes = text.head_bytes = 0;
  text.pair_gaps = {};
  constexpr float kNoSmoothing = 0;  // its hold-out likes it better: docs/learner.md
  std::vector<WideRecipe> recipes{{"grams 1-4, pairs, head", local, 10, RowSteps::kAlike},
                                  {"grams 1-6, pairs", middle, 10, RowSteps::kAlike},
                                  {"grams 1-8, by rarity", text, 3, RowSteps::kRarity, kNoSmoothing}};
  if (task != Task::kNumber)  // these have one learning rate
    recipes.insert(recipes.begin() + 1, {"grams 1-4, pairs, head, in large steps", local, 20, RowSteps::kAlike});
  return recipes;
}

}  // namespace gulo
