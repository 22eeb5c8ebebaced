#include "engine/train/deep_trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/process_clock.h"
#include "engine/cluster/gradient_shares.h"
#include "engine/net/entry_part.h"
#include "engine/net/tune_network.h"
#include "engine/train/gemm_probe.h"
#include "engine/train/item_parts.h"
#include "engine/train/median.h"
#include "engine/train/saved_results.h"
#include "model/calibration.h"

namespace gulo {
namespace {

// A forward pass alone, against forward, backward and update: what a validation is expected to cost.
constexpr double kForwardShare = 0.35;
// Validations together take at most this share of the budget.
constexpr double kValidationShare = 0.08;
constexpr int64_t kMaxValidations = 8;
// What a step costs is known after so many steps, or fewer that take this share of the time; each is followed by one on
// a fixed batch, which leaves no trace.
constexpr int64_t kProbeSteps = 7;
constexpr double kMostProbeShare = 0.1;

// Up within the first steps, then in a straight line down to zero at fraction 1.
double rate_scale(double fraction) {
  return std::min(1., (fraction + 1e-3) / kWarmUpFraction) * std::max(0., 1 - fraction);
}

class DeepTrainer {
 public:
  DeepTrainer(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options)
      : corpus_(corpus),
        options_(options),
        cluster_(options.cluster),
        seconds_(options.seconds),
        start_s_(now_s()),
        valid_items_(corpus.views(valid)),
        valid_targets_(targets_of(corpus, valid)) {}

  DeepResult run() {
    prepare();
    if (!options_.resume) begin_loop(now_s());
    bool go_on = true;
    while (go_on && fraction() < 1) {
      step();
      if (result_.steps <= n_probe_steps_) probe();
      if (validation_is_due()) validate();
      asked_to_stop_ = options_.progress && !options_.progress(state());
      go_on = cluster_ ? !agreed_.stop : !asked_to_stop_;
      if (checkpoint_is_due(!go_on)) checkpoint();
    }
    result_.interrupted = !go_on;
    finish();
    return std::move(result_);
  }

 private:
  void prepare() {
    if (options_.resume)
      expected_flops_per_s_ = options_.resume->fact<double>("expected_flops_per_s");
    else
      expect_speed();
    setup_ = options_.setup(expected_flops_per_s_);
    network_ = setup_.network;
    optimiser_.emplace(network_->parameters(), options_.dtype, setup_.optimiser, cluster_);
    if (cluster_) share_gradients();
    fixed_batch_ = setup_.feed->next();
    if (options_.resume) restore(*options_.resume);
  }

  void share_gradients() {
    const std::string mine = to_json(network_->saved_spec()).dump();
    require(cluster_->agree(mine) == mine, ErrorKind::kDevice,
            fmt::format("rank {} would train another network than rank 0", cluster_->rank()),
            "give all processes the same options and the same data");
    for (const Parameter& parameter : network_->parameters()) cluster_->broadcast(parameter.value.detach());
    std::vector<at::Tensor> trained;
    for (const Parameter& parameter : network_->parameters())
      if (parameter.trained) trained.push_back(parameter.value);
    gradients_.emplace(*cluster_, std::move(trained), optimiser_->owners());
  }

  double probe_all() {
    return agreed(cluster_, probe_gemm_flops_per_s(options_.dtype)) * (cluster_ ? cluster_->size() : 1);
  }

  void expect_speed() {
    result_.gemm_peak_flops_per_s = options_.gemm_peak_flops_per_s > 0 ? options_.gemm_peak_flops_per_s : probe_all();
    // A given number of steps must give the same bits on a busy machine: it is planned for a nominal one.
    expected_flops_per_s_ =
        options_.steps > 0 ? kNominalFlopsPerS : kExpectedUtilisation * result_.gemm_peak_flops_per_s;
  }

  void begin_loop(double now) {
    loop_start_s_ = last_checkpoint_s_ = now;
    loop_end_s_ = start_s_ + seconds_;
  }

  // Before the probe is over, what was measured is not worth keeping. All processes know, as each has a part of it.
  bool checkpoint_is_due(bool ends) const {
    if (result_.steps <= n_probe_steps_ || fraction() >= 1) return false;
    return cluster_ ? agreed_.checkpoint_is_due || (ends && agreed_.has_checkpoints) : own_checkpoint_is_due(ends);
  }

  bool own_checkpoint_is_due(bool ends) const {
    return options_.checkpoint && (ends || now_s() - last_checkpoint_s_ >= options_.checkpoint_s);
  }

  void checkpoint() {
    optimiser_->collect_state();
    if (!cluster_ || cluster_->is_first()) options_.checkpoint(saved());
    last_checkpoint_s_ = now_s();
  }

  TrainingState saved() {
    TrainingState state;
    state.facts = {{"expected_flops_per_s", expected_flops_per_s_},
                   {"gemm_peak_flops_per_s", result_.gemm_peak_flops_per_s},
                   {"seconds", seconds_},
                   {"seconds_before_loop", loop_start_s_ - start_s_},
                   {"seconds_in_loop", now_s() - loop_start_s_}};
    for (const auto& [name, number] : kept_numbers()) state.facts[name] = *number;
    for (const auto& [name, count] : kept_counts()) state.facts[name] = *count;
    put_results(state, *network_, result_, best_);
    StateStream feed;
    setup_.feed->exchange(feed);
    state.put_values("feed", feed.numbers());
    for (const auto& [name, tensor] : kept_tensors()) state.tensors[name] = tensor.contiguous();
    return state;
  }

  void restore(const TrainingState& state) {
    take_results(state, *network_, result_, best_);
    result_.gemm_peak_flops_per_s = state.fact<double>("gemm_peak_flops_per_s");
    seconds_ = state.fact<double>("seconds");
    for (const auto& [name, number] : kept_numbers()) *number = state.fact<double>(name);
    for (const auto& [name, count] : kept_counts()) *count = state.fact<int64_t>(name);
    StateStream feed(state.values<uint64_t>("feed"));
    setup_.feed->exchange(feed);
    feed.finish();
    for (const auto& [name, tensor] : kept_tensors()) state.copy_tensor(name, tensor);
    const double now = now_s();
    start_s_ = now - state.fact<double>("seconds_in_loop") - state.fact<double>("seconds_before_loop");
    begin_loop(now - state.fact<double>("seconds_in_loop"));
    last_checkpoint_s_ = now;
    if (options_.steps == 0) reserve_last_validation();
    if (cluster_) agreed_.fraction = cluster_->agree(own_fraction());
  }

  std::vector<std::pair<const char*, double*>> kept_numbers() {
    return {{"model_flops", &result_.model_flops},
            {"feed_overhead", &result_.feed_overhead},
            {"last_loss", &loss_},
            {"last_valid_error", &valid_error_},
            {"item_bytes", &item_bytes_},
            {"step_s", &step_s_},
            {"cost_per_step", &cost_per_step_},
            {"expected_validation_s", &expected_validation_s_}};
  }

  std::vector<std::pair<const char*, int64_t*>> kept_counts() {
    return {{"steps", &result_.steps},
            {"probe_steps", &n_probe_steps_},
            {"max_windows", &max_windows_},
            {"validations", &n_validations_},
            {"validated", &n_validated_}};
  }

  // Those that are written to in order to restore them.
  std::vector<std::pair<std::string, at::Tensor>> kept_tensors() {
    std::vector<std::pair<std::string, at::Tensor>> tensors;
    for (const Parameter& parameter : network_->parameters())
      tensors.emplace_back("network." + parameter.name, parameter.value.detach());
    const std::vector<at::Tensor> optimiser = optimiser_->state();
    for (size_t i = 0; i < optimiser.size(); ++i) tensors.emplace_back("optimiser." + std::to_string(i), optimiser[i]);
    return tensors;
  }

  // Of steps all know.
  double fraction() const { return cluster_ && options_.steps == 0 ? agreed_.fraction : own_fraction(); }

  double own_fraction() const {
    if (options_.steps > 0) return static_cast<double>(result_.steps) / static_cast<double>(options_.steps);
    const double of_time = (now_s() - loop_start_s_) / std::max(1e-9, loop_end_s_ - loop_start_s_);
    return setup_.max_epochs > 0 ? std::max(of_time, setup_.feed->epochs() / setup_.max_epochs) : of_time;
  }

  // Gradients of one batch are the parameters'; returns the loss.
  double learn(const Batch& batch) { return cluster_ ? learn_together(batch) : learn_from(batch, 1); }

  double learn_from(const Batch& batch, double weight) {
    at::Tensor loss = network_->loss(batch, batch_targets(corpus_, batch.owners),
                                     {.head_dropout = setup_.head_dropout,
                                      .label_smoothing = setup_.label_smoothing,
                                      .seed = options_.seed * 1000003 + static_cast<uint64_t>(result_.steps),
                                      .fraction = fraction()});
    if (weight != 1) loss = loss * weight;
    loss.backward();
    return loss.item<double>();
  }

  // Of fewer entries than processes each learns from all of them.
  double learn_together(const Batch& whole) {
    const int n_parts = cluster_->size(), rank = cluster_->rank();
    const bool is_shared = std::ssize(whole.owners) >= n_parts;
    const std::function<void(const at::Tensor&)> sum = [this](const at::Tensor& tensor) { cluster_->sum(tensor); };
    network_->sum_over_parts(is_shared ? sum : nullptr);
    gradients_->begin();
    const double loss = is_shared ? learn_from_part(whole, rank) : learn_from(whole, 1. / n_parts);
    gradients_->finish();
    return agree_after_step(loss);
  }

  double learn_from_part(const Batch& whole, int rank) {
    const std::vector<int64_t> ends = part_ends(network_->entry_costs(whole), cluster_->size());
    const int64_t end = ends[static_cast<size_t>(rank)], begin = rank > 0 ? ends[static_cast<size_t>(rank) - 1] : 0;
    return learn_from(network_->part(whole, begin, end),
                      static_cast<double>(end - begin) / static_cast<double>(whole.owners.size()));
  }

  // All go on or end together, at rank 0's pace. Returns the loss of the whole batch.
  double agree_after_step(double loss) {
    const at::Tensor numbers = at::zeros({5}, at::kDouble);
    double* number = numbers.mutable_data_ptr<double>();
    number[0] = loss;
    number[1] = asked_to_stop_ ? 1 : 0;
    if (cluster_->is_first()) {
      number[2] = own_fraction();
      number[3] = options_.checkpoint ? 1 : 0;
      number[4] = own_checkpoint_is_due(false) ? 1 : 0;
    }
    cluster_->sum(numbers);
    agreed_ = {number[2], number[1] > 0, number[3] > 0, number[4] > 0};
    return number[0];
  }

  void step() {
    const double scale = rate_scale(fraction()), start_s = now_s();
    const Batch batch = setup_.feed->next();
    const double loss = learn(batch);
    require(std::isfinite(loss), ErrorKind::kDevice, "training diverged: the loss is not a number",
            "try another --seed, and report it");
    const double learned_s = now_s();
    optimiser_->step(scale);
    if (gradients_) gradients_->spread();
    if (result_.steps < n_probe_steps_) {
      learn_times_s_.push_back(learned_s - start_s);
      update_times_s_.push_back(now_s() - learned_s);
    }
    ++result_.steps;
    result_.model_flops += 3 * network_->forward_flops(batch);
    item_bytes_ += static_cast<double>(batch.n_item_bytes);
    cost_per_step_ = network_->batch_cost(batch);
    loss_ = result_.steps == 1 ? loss : loss_ + 0.05 * (loss - loss_);
  }

  void probe() {
    const double start_s = now_s();
    learn(fixed_batch_);
    fixed_times_s_.push_back(now_s() - start_s);
    for (const Parameter& parameter : network_->parameters())
      if (parameter.trained) parameter.value.mutable_grad().reset();
    if (options_.steps == 0 && fraction() >= kMostProbeShare) n_probe_steps_ = result_.steps;
    if (result_.steps < n_probe_steps_) return;
    const double update_s = median(update_times_s_);
    step_s_ = median(learn_times_s_) + update_s;
    result_.feed_overhead = step_s_ / (median(fixed_times_s_) + update_s);
    plan_validations();
  }

  // How many validations, of how many windows of long items: what kValidationShare of the time allows. The last one
  // must end when the time does.
  void plan_validations() {
    if (options_.steps > 0) return;
    const double allowed_s = kValidationShare * seconds_;
    const auto expected_s = [&] {
      return kForwardShare * step_s_ * network_->logits_cost(valid_items_, static_cast<size_t>(max_windows_)) /
             cost_per_step_;
    };
    for (max_windows_ = 1024; max_windows_ > 2; max_windows_ /= 2)
      if (expected_s() <= allowed_s / 2) break;
    expected_validation_s_ = expected_s();
    n_validations_ = std::clamp(static_cast<int64_t>(allowed_s / std::max(1e-9, expected_validation_s_)), int64_t{1},
                                kMaxValidations);
    max_windows_ = agreed(cluster_, max_windows_);
    n_validations_ = agreed(cluster_, n_validations_);
    reserve_last_validation();
  }

  void reserve_last_validation() { loop_end_s_ = start_s_ + seconds_ - 1.1 * expected_validation_s_ - step_s_; }

  bool validation_is_due() const {
    return !setup_.keep_last && result_.steps > n_probe_steps_ &&
           fraction() >= static_cast<double>(n_validated_ + 1) / static_cast<double>(n_validations_) && fraction() < 1;
  }

  void validate() {
    ++n_validated_;
    const double start_s = now_s();
    std::vector<float> logits =
        logits_of_all(*network_, corpus_, valid_items_, static_cast<size_t>(max_windows_), cluster_);
    expected_validation_s_ = now_s() - start_s;
    if (options_.steps == 0) reserve_last_validation();
    const double error = answer_error(logits, valid_targets_);
    result_.curve.push_back({now_s() - start_s_, result_.steps, loss_, error});
    valid_error_ = error;
    if (!best_.empty() && error > result_.valid_error) return;
    result_.valid_error = error;
    result_.valid_logits = std::move(logits);
    best_.clear();
    for (const Parameter& parameter : network_->parameters()) best_.push_back(parameter.value.detach().clone());
  }

  DeepProgress state() const {
    return {std::min(1., fraction()), result_.steps, loss_, valid_error_, item_bytes_ / (now_s() - loop_start_s_)};
  }

  void finish() {
    result_.loop_seconds = agreed(cluster_, now_s() - loop_start_s_);
    result_.flop_utilisation = result_.model_flops / result_.loop_seconds / result_.gemm_peak_flops_per_s;
    result_.epochs = setup_.feed->epochs();
    if (!valid_items_.empty()) {
      tune_network(*network_, valid_items_, valid_targets_);
      validate();
      const at::NoGradGuard no_grad;
      for (size_t i = 0; i < best_.size(); ++i) network_->parameters()[i].value.detach().copy_(best_[i]);
    }
    result_.network = network_;
  }

  const Corpus& corpus_;
  const DeepOptions& options_;
  Cluster* cluster_;
  double seconds_;  // options_.seconds, or those of the training that is resumed
  double start_s_;
  const std::vector<ItemView> valid_items_;
  const Targets valid_targets_;

  DeepResult result_;
  DeepSetup setup_;
  std::shared_ptr<DeepNetwork> network_;
  std::optional<Optimiser> optimiser_;
  std::optional<GradientShares> gradients_;  // where there are several processes
  struct Agreed {
    double fraction = 0;
    bool stop = false, has_checkpoints = false, checkpoint_is_due = false;
  } agreed_;
  bool asked_to_stop_ = false;
  Batch fixed_batch_;
  std::vector<at::Tensor> best_;

  double expected_flops_per_s_ = 0;
  double loop_start_s_ = 0, loop_end_s_ = 0, last_checkpoint_s_ = 0, step_s_ = 0, cost_per_step_ = 1,
         expected_validation_s_ = 0;
  std::vector<double> learn_times_s_, update_times_s_, fixed_times_s_;
  int64_t n_probe_steps_ = kProbeSteps, max_windows_ = 16, n_validations_ = 5, n_validated_ = 0;
  double loss_ = 0, valid_error_ = 1, item_bytes_ = 0;
};

}  // namespace

DeepResult train_deep(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options) {
  return DeepTrainer(corpus, valid, options).run();
}

}  // namespace gulo
