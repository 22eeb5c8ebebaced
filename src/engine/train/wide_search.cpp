#include "engine/train/wide_search.h"

#include <fmt/core.h>
#include <algorithm>
#include <array>
#include <cmath>

#include "base/interrupt.h"
#include "base/process_clock.h"
#include "base/progress.h"
#include "base/units.h"
#include "model/calibration.h"

namespace gulo {

namespace {

constexpr double kEpochs = 3, kNumberEpochs = 24;  // numbers are learned in smaller steps
constexpr int kMostRounds = 6;                     // of refits: the mean of six tables is little better than of four
// So many times as many epochs, at most, has a refit where no other one fits in. Many more would leave its logits with
// another scale than those that were calibrated.
constexpr double kMostStretch = 1.5;
// After fewer epochs than this, more time for the winner is worth more than the validation items that a refit adds. A
// refit has about three times as long as each recipe's trial.
constexpr double kEnoughEpochs = 1.5;
// A training on all items, the validation items too, takes so many times as long as one without them, with some to
// spare.
constexpr double kRefitCost = 1.2;
constexpr double kLeastS = 0.1;  // of a training
// The file may be larger where keeping to max_bytes would cost more validation error than this.
constexpr double kMaxQuantisationCost = 0.001;

struct Candidate {
  std::unique_ptr<WideTrainer> trainer;
  double epochs = 0, loss = 0, mean_loss = INFINITY, seconds = 0;
  double scale = 1;  // of its logits, where it was validated
  std::vector<float> valid_logits;
};

class WideSearch {
 public:
  WideSearch(const Corpus& corpus, const TrainValid& parts, const WideSearchOptions& options, nlohmann::json& curve)
      : corpus_(corpus),
        parts_(parts),
        options_(options),
        curve_(curve),
        valid_targets_(targets_of(corpus, parts.valid)),
        progress_("wide", timed() ? left_s() : INFINITY) {}

  WideResult run() {
    Candidate best = find_best();
    WideResult result;
    result.recipe = best.trainer->recipe().name;
    result.epochs = best.epochs;
    const bool whole = best.epochs >= kEnoughEpochs;
    if (!whole) n_trainings_ = n_trained_ + 1;
    if (!whole && !interrupted()) {  // much data: the winner goes on learning for as long as the search took
      Candidate longer = train_and_validate(best.trainer->recipe(), options_.final_s);
      if (longer.mean_loss <= best.mean_loss) best = std::move(longer);
      result.epochs = best.epochs;
    }
    if (whole && !parts_.valid.empty() && !interrupted()) result.twin = add_twin(best);
    keep(best, result);
    if (whole && options_.refit && !parts_.valid.empty() && !interrupted()) {
      best = {};  // its table's memory
      refit(result);
    }
    result.seconds = spent_s();
    if (result.twin) result.recipe += ", and by evidence";
    progress_.finish(
        fmt::format("{}, validation error {}{}{}", result.recipe, format_percent(result.valid_error),
                    result.refits > 0 ? ", refitted on everything" : "",
                    result.refits > 1 ? fmt::format(", the mean of {} refits", result.refits) : std::string()));
    return result;
  }

 private:
  // Every recipe gets its share of the time; what one leaves over, the next may use.
  Candidate find_best() {
    const std::vector<WideRecipe> recipes = wide_recipes(corpus_.task, corpus_.labels.size());
    n_trainings_ = expected_trainings(static_cast<int>(recipes.size()));
    Candidate best;
    for (size_t i = 0; i < recipes.size(); ++i) {
      const double search_left_s = options_.search_s - spent_s();
      const auto n_left = static_cast<double>(parts_.valid.empty() ? 1 : recipes.size() - i);
      const double share_s = timed() ? std::max(kLeastS, search_left_s / n_left) : 0;
      Candidate candidate = train_and_validate(recipes[i], share_s);
      if (!best.trainer || candidate.mean_loss < best.mean_loss) best = std::move(candidate);
      if (interrupted() || parts_.valid.empty()) break;  // without validation items the first recipe is taken
    }
    return best;
  }

  bool timed() const { return options_.search_s > 0; }

  double spent_s() const { return seconds_since_process_start() - start_s_; }

  // Of all the time that the wide part has; 0 where it is not timed.
  double left_s() const { return timed() ? std::max(kLeastS, options_.search_s + options_.final_s - spent_s()) : 0; }

  bool can_have_twin() const { return can_step(RowSteps::kEvidence, corpus_.labels.size(), corpus_.task); }

  // All recipes, the best one's twin, and both of them on everything, as often as may be.
  int expected_trainings(int n_recipes) const {
    if (parts_.valid.empty()) return 1;
    const int n_tables = can_have_twin() ? 2 : 1;
    return n_recipes + n_tables - 1 + (options_.refit ? most_rounds() * n_tables : 0);
  }

  int most_rounds() const { return timed() ? kMostRounds : 1; }

  static WideRecipe twin_of(WideRecipe recipe) {
    recipe.steps = RowSteps::kEvidence;
    return recipe;
  }

  // The mean of two recognisers errs less than either where they err differently: the best one's twin, the same n-grams
  // with rows that step by evidence, is trained too, where that leaves the time to refit both, and added to its table
  // unless that clearly harms.
  bool add_twin(Candidate& best) {
    if (!can_have_twin()) return false;
    const double refits_s = options_.refit ? 2 * kRefitCost * best.seconds : 0;
    if (timed() && left_s() - refits_s < best.seconds) return false;
    Candidate twin = train_and_validate(twin_of(best.trainer->recipe()), timed() ? left_s() - refits_s : 0);
    if (twin.epochs < best.epochs - 0.5) return false;
    const std::vector<float> single = combine_logits({best.scale, 0}, best.valid_logits, {});
    const std::vector<float> both =
        combine_logits({0.5 * best.scale, 0.5 * twin.scale}, best.valid_logits, twin.valid_logits);
    const Calibration calibration = fit_calibration(both, {}, valid_targets_);
    if (improves(combine_logits(calibration, both, {}), single, valid_targets_)) return false;
    best.trainer->add(0.5 * best.scale, 0.5 * twin.scale, *twin.trainer);
    best.valid_logits = both;
    best.seconds += twin.seconds;
    twin_scales_ = {best.scale, twin.scale};
    return true;
  }

  // Puts the winner, trained on all items, into the result. The mean of several trainings, which see the items in other
  // orders, errs less than one of them, and costs nothing in the file or in prediction: there are as many as the time
  // allows, and they share it evenly.
  void refit(WideResult& result) {
    std::vector<uint32_t> all(parts_.train);
    all.insert(all.end(), parts_.valid.begin(), parts_.valid.end());
    std::sort(all.begin(), all.end());
    std::unique_ptr<WideTrainer> mean;
    for (int n_left; (n_left = rounds_left(result.refits)) > 0;) {
      n_trainings_ = n_trained_ + n_left * (result.twin ? 2 : 1);
      const double begin_s = spent_s();
      const bool has_spare_time = left_s() >= n_left * kMostStretch * round_s_;
      const WideSchedule share{epochs() * (timed() && !has_spare_time ? kMostStretch : 1), left_s() / n_left,
                               options_.seed + (static_cast<uint64_t>(result.refits) << 32), options_.n_threads};
      Candidate next = train_round(all, result.twin, share);
      round_s_ = (spent_s() - begin_s) * epochs() / next.epochs;
      const bool is_too_short = next.epochs < kEnoughEpochs;
      if (interrupted() || (is_too_short && left_s() < kEnoughEpochs / epochs() * round_s_)) break;
      if (is_too_short) continue;  // a busy machine: fewer, longer ones fit in
      const double n = ++result.refits;
      if (mean)
        mean->add((n - 1) / n, 1 / n, *next.trainer);
      else
        mean = std::move(next.trainer);
    }
    if (!mean) return;
    result.tensors = mean->quantise(max_bytes_);
    result.n_parameters = mean->n_parameters();
  }

  // The number of rounds of about round_s_ that use up the time, if there are not to be more of them.
  int rounds_left(int n_done) const {
    const double n_fitting = std::round(left_s() / round_s_);
    return static_cast<int>(std::clamp<double>(n_fitting, n_done == 0 ? 1 : 0, most_rounds() - n_done));
  }

  // The winner, with its twin where it has one, in the time of the schedule.
  Candidate train_round(const std::vector<uint32_t>& all, bool with_twin, WideSchedule schedule) {
    if (!with_twin) return train(wide_recipe_, all, schedule);
    const double end_s = spent_s() + schedule.seconds;
    schedule.seconds /= 2;
    Candidate round = train(wide_recipe_, all, schedule);
    if (interrupted()) return round;
    if (timed()) schedule.seconds = std::max(kLeastS, end_s - spent_s());
    const Candidate twin = train(twin_of(wide_recipe_), all, schedule);
    round.trainer->add(0.5 * twin_scales_[0], 0.5 * twin_scales_[1], *twin.trainer);
    round.epochs = std::min(round.epochs, twin.epochs);
    return round;
  }

  double epochs() const { return corpus_.task == Task::kNumber ? kNumberEpochs : kEpochs; }

  Candidate train(const WideRecipe& recipe, const std::vector<uint32_t>& items, const WideSchedule& schedule) {
    const double begin_s = seconds_since_process_start();
    Candidate candidate;
    candidate.trainer = std::make_unique<WideTrainer>(recipe, static_cast<int>(corpus_.labels.size()), corpus_.task);
    candidate.epochs = candidate.trainer->fit(corpus_, items, schedule, [&](const WideProgress& now) {
      candidate.loss = now.loss;
      // The last training alone may take as long as all before it.
      const bool is_last = n_trained_ + 1 == n_trainings_ && now.fraction > 0;
      const double own_s = seconds_since_process_start() - begin_s;
      progress_.update((n_trained_ + now.fraction) / n_trainings_,
                       fmt::format("{}  loss {:.4f}  {}/s", recipe.name, now.loss, format_bytes(now.bytes_per_s)),
                       is_last ? own_s * (1 - now.fraction) / now.fraction : -1);
      return !interrupted();
    });
    candidate.seconds = seconds_since_process_start() - begin_s;
    ++n_trained_;
    return candidate;
  }

  Candidate train_and_validate(const WideRecipe& recipe, double seconds) {
    Candidate candidate = train(recipe, parts_.train, {epochs(), seconds, options_.seed, options_.n_threads});
    if (!valid_targets_.empty()) {
      candidate.valid_logits = candidate.trainer->logits(corpus_, parts_.valid, options_.n_threads);
      const Calibration calibration = fit_calibration(candidate.valid_logits, {}, valid_targets_);
      candidate.scale = calibration.wide_scale;
      candidate.mean_loss = mean_loss(combine_logits(calibration, candidate.valid_logits, {}), valid_targets_);
      curve_.push_back({{"phase", "wide"},
                        {"seconds", seconds_since_process_start()},
                        {"loss", candidate.loss},
                        {"valid_error", answer_error(candidate.valid_logits, valid_targets_)},
                        {"recipe", recipe.name}});
    }
    return candidate;
  }

  // Puts the quantised winner into the result, and what the quantisation costs on the validation items.
  void keep(Candidate& best, WideResult& result) {
    wide_recipe_ = best.trainer->recipe();
    round_s_ = kRefitCost * best.seconds;
    result.spec = wide_recipe_.spec;
    result.n_parameters = best.trainer->n_parameters();
    const double float_error = answer_error(best.valid_logits, valid_targets_);
    std::vector<WideTensors> variants{best.trainer->quantise(options_.max_bytes)};
    if (!valid_targets_.empty()) variants.push_back(best.trainer->quantise(SIZE_MAX));
    for (WideTensors& variant : variants) {
      max_bytes_ = &variant == &variants.front() ? options_.max_bytes : SIZE_MAX;
      result.tensors = std::move(variant);
      if (valid_targets_.empty()) break;
      best.trainer->load(result.tensors);
      result.valid_logits = best.trainer->logits(corpus_, parts_.valid, options_.n_threads);
      result.valid_error = answer_error(result.valid_logits, valid_targets_);
      result.quantisation_cost = result.valid_error - float_error;
      if (result.quantisation_cost <= kMaxQuantisationCost) break;
    }
  }

  const Corpus& corpus_;
  const TrainValid& parts_;
  const WideSearchOptions& options_;
  nlohmann::json& curve_;
  const Targets valid_targets_;
  const double start_s_ = seconds_since_process_start();
  WideRecipe wide_recipe_;
  std::array<double, 2> twin_scales_{};
  double round_s_ = 0;  // what a training on all items takes, its twin's too, of epochs()
  size_t max_bytes_ = 0;
  int n_trainings_ = 1, n_trained_ = 0;  // that are expected, of all recipes, and over
  Progress progress_;
};

}  // namespace

WideResult search_wide(const Corpus& corpus, const TrainValid& parts, const WideSearchOptions& options,
                       nlohmann::json& curve) {
  return WideSearch(corpus, parts, options, curve).run();
}

}  // namespace gulo
