#include "engine/train/device_trainer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/process_clock.h"
#include "data/targets.h"
#include "engine/device/device_graph.h"
#include "engine/feed/slot_part.h"
#include "engine/net/tune_network.h"
#include "engine/train/gemm_probe.h"
#include "engine/train/item_parts.h"
#include "engine/train/median.h"
#include "engine/train/saved_results.h"
#include "model/calibration.h"

namespace gulo {
namespace {

// Libraries set themselves up and choose algorithms in the first steps; the last of these say what a step costs.
constexpr int64_t kFirstSteps = 4;
// The host looks at the loss about so often, and a graph holds as many steps as that takes.
constexpr double kSecondsPerReplay = 0.05;
constexpr int kMostStepsPerReplay = 64;
// What the feed costs: so many replays of steps on one batch are compared with as many of real ones, and take at most
// this share of the time.
constexpr size_t kProbeReplays = 5;
constexpr double kProbeShare = 0.01;
constexpr int kValidations = 4;
constexpr size_t kMaxWindows = 16;

at::Tensor rate_scale(const at::Tensor& fraction) {
  return (((fraction + 1e-3) / kWarmUpFraction).clamp_max(1) * (1 - fraction).clamp_min(0)).to(at::kFloat);
}

class DeviceTrainer {
 public:
  DeviceTrainer(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options,
                const at::Device& device)
      : corpus_(corpus),
        options_(options),
        cluster_(options.cluster),
        device_(device),
        seconds_(options.seconds),
        start_s_(now_s()),
        valid_items_(corpus.views(valid)),
        valid_targets_(targets_of(corpus, valid)) {
    if (!device.is_cuda()) return;
    graph_.emplace();
    if (cluster_) update_graph_.emplace();
  }

  DeepResult run(const std::function<DeviceSetup(double)>& setup) {
    result_.gemm_peak_flops_per_s = options_.gemm_peak_flops_per_s > 0
                                        ? options_.gemm_peak_flops_per_s
                                        : agreed(cluster_, probe_gemm_flops_per_s(options_.dtype, device_)) * n_ranks();
    expected_flops_per_s_ = options_.resume      ? options_.resume->fact<double>("expected_flops_per_s")
                            : options_.steps > 0 ? kNominalFlopsPerS
                                                 : 0.3 * result_.gemm_peak_flops_per_s;
    on_stream([&] {
      DeviceSetup made = setup(expected_flops_per_s_);
      if (cluster_)
        for (const Parameter& parameter : made.network->parameters()) cluster_->broadcast(parameter.value.detach());
      made.network->to(device_);
      steps_.emplace(std::move(made), options_.dtype, cluster_);
      if (options_.resume) restore(*options_.resume);
    });
    if (!options_.resume) loop_start_s_ = now_s();
    last_checkpoint_s_ = now_s();
    take_first_steps();
    while (go_on_ && fraction_ < 1) {
      replay();
      if (validation_is_due()) validate();
      if (checkpoint_is_due()) checkpoint();
    }
    finish();
    return std::move(result_);
  }

 private:
  int n_ranks() const { return cluster_ ? cluster_->size() : 1; }

  void on_stream(const std::function<void()>& work) {
    if (graph_)
      graph_->run(work);
    else
      work();
  }

  // One of a training that is over is not needed, but for one that was asked to end.
  bool checkpoint_is_due() {
    const bool due =
        options_.checkpoint && fraction_ < 1 && (!go_on_ || now_s() - last_checkpoint_s_ >= options_.checkpoint_s);
    return agreed(cluster_, due);
  }

  void checkpoint() {
    TrainingState state;
    on_stream([&] { state = steps_->saved(); });
    state.facts = {{"on_device", true},
                   {"expected_flops_per_s", expected_flops_per_s_},
                   {"seconds", seconds_},
                   {"seconds_before_loop", loop_start_s_ - start_s_},
                   {"seconds_in_loop", now_s() - loop_start_s_},
                   {"seconds_of_validation", validation_s_},
                   {"steps", result_.steps},
                   {"fraction", fraction_},
                   {"validations", n_validated_},
                   {"last_valid_error", valid_error_}};
    put_results(state, steps_->network(), result_, best_);
    if (!cluster_ || cluster_->is_first()) options_.checkpoint(state);
    last_checkpoint_s_ = now_s();
  }

  void restore(const TrainingState& state) {
    take_results(state, steps_->network(), result_, best_);
    seconds_ = state.fact<double>("seconds");
    result_.steps = state.fact<int64_t>("steps");
    fraction_ = state.fact<double>("fraction");
    validation_s_ = state.fact<double>("seconds_of_validation");
    n_validated_ = state.fact<int>("validations");
    valid_error_ = state.fact<double>("last_valid_error");
    steps_->restore(state, result_.steps);
    loop_start_s_ = now_s() - state.fact<double>("seconds_in_loop");
    start_s_ = loop_start_s_ - state.fact<double>("seconds_before_loop");
  }

  void take_first_steps() {
    const double left = std::max(1., steps_left());
    if (!options_.resume) steps_->set_fraction_per_step(1 / left);
    for (int64_t i = 0; i < kFirstSteps && static_cast<double>(i) < left; ++i) {
      reserve(1);
      const double start_s = now_s();
      on_stream([&] { steps_->step(); });
      step_s_ = now_s() - start_s;
      count(1);
      if (validation_is_due()) validate();
    }
    if (options_.steps == 0) pace();
    // Launching is what takes long without a graph: a few steps in one say what they really cost.
    if (graph_ && fraction_ < 1) capture(1);
    for (int i = 0; graph_ && i < 2 && go_on_ && fraction_ < 1; ++i) replay();
    if (cluster_ || !go_on_ || fraction_ >= 1) return;
    probe_held_batch();
    if (graph_) capture(steps_within(kSecondsPerReplay));
  }

  int steps_within(double seconds) const {
    return std::clamp(static_cast<int>(std::min(seconds / step_s_, 1e6)), 1, kMostStepsPerReplay);
  }

  // It leaves no trace but the time that it takes.
  void probe_held_batch() {
    const double seconds = options_.steps > 0 ? kSecondsPerReplay : kProbeShare * seconds_ / kProbeReplays;
    const int n = graph_ ? steps_within(std::min(seconds, kSecondsPerReplay)) : 1;
    reserve(1);
    on_stream([&] { steps_->hold_batch(); });
    const auto step = [&] { steps_->step_on_held_batch(); };
    if (graph_) graph_->capture(step, n);
    for (size_t i = 0; i < kProbeReplays; ++i) {
      const double start_s = now_s();
      if (graph_)
        graph_->replay();
      else
        on_stream(step);
      held_times_s_.push_back((now_s() - start_s) / n);
    }
    on_stream([&] { steps_->drop_batch(); });
  }

  // How many of the next n steps the device has the items for.
  int reserve(int n) {
    const double start_s = now_s();
    const auto n_ready = static_cast<int>(steps_->setup().feed->reserve(result_.steps, n));
    waited_s_ += now_s() - start_s;
    return n_ready;
  }

  void capture(int n_steps) {
    n_steps = static_cast<int>(std::clamp<double>(steps_left(), 1, n_steps));
    steps_per_replay_ = n_steps;
    if (!cluster_) return graph_->capture([&] { steps_->step(); }, n_steps);
    graph_->capture([&] { steps_->learn(); }, 1);
    update_graph_->capture([&] { steps_->update(); }, 1);
  }

  void replay_graphs() {
    graph_->replay();
    if (!cluster_) return;
    on_stream([&] { steps_->sum(); });
    update_graph_->replay();
  }

  // Where a given number of steps or epochs, or the items on the device, end within a graph, the last are taken one by
  // one.
  void replay() {
    const bool wanted = graph_ && steps_left() >= steps_per_replay_;
    const bool whole = reserve(wanted ? steps_per_replay_ : 1) == steps_per_replay_ && graph_;
    const int n = whole ? steps_per_replay_ : 1;
    const double start_s = now_s();
    if (whole)
      replay_graphs();
    else
      on_stream([&] { steps_->step(); });
    step_s_ = (now_s() - start_s) / n;
    if (!held_times_s_.empty() && n == steps_per_replay_ && times_s_.size() < kProbeReplays)
      times_s_.push_back(step_s_);
    count(n);
    if (options_.steps == 0) pace();
    const double loss = steps_->loss();
    require(std::isfinite(loss), ErrorKind::kDevice, "training diverged: the loss is not a number",
            "try another --seed, and report it");
    go_on_ = all_go_on(!options_.progress || options_.progress(state(loss)));
  }

  // All end where one is asked to. Who is lost is noticed here, before the next sum on the devices.
  bool all_go_on(bool go_on) { return cluster_ ? cluster_->count(go_on) == cluster_->size() : go_on; }

  void count(int64_t n_steps) {
    result_.steps += n_steps;
    fraction_ = options_.steps > 0 ? static_cast<double>(result_.steps) / static_cast<double>(options_.steps)
                                   : std::max(fraction_, steps_->fraction());
  }

  // The schedule ends when the time does, by rank 0's clock, whatever the steps to come will cost.
  void pace() {
    const double left_s = agreed(cluster_, start_s_ + seconds_ - 1.1 * validation_s_ - now_s());
    if (left_s <= 0)
      fraction_ = 1;
    else
      steps_->set_fraction_per_step((1 - steps_->fraction()) /
                                    std::max(1., std::min(left_s / agreed(cluster_, step_s_), steps_to_learn())));
  }

  // That may be taken yet, whatever the time.
  double steps_left() const {
    return options_.steps > 0 ? static_cast<double>(options_.steps - result_.steps) : std::ceil(steps_to_learn());
  }

  // Of those that teach anything new, how many are left.
  double steps_to_learn() const {
    const double max_epochs = steps_->setup().max_epochs;
    if (max_epochs <= 0) return std::numeric_limits<double>::infinity();
    return max_epochs / steps_->setup().feed->epochs(1) - static_cast<double>(result_.steps);
  }

  bool validation_is_due() const {
    return !steps_->setup().keep_last && n_validated_ + 1 < kValidations && fraction_ < 1 &&
           fraction_ >= static_cast<double>(n_validated_ + 1) / kValidations;
  }

  void validate() {
    ++n_validated_;
    if (valid_items_.empty()) return;
    const double start_s = now_s();
    std::vector<float> logits;
    on_stream([&] { logits = logits_of_all(steps_->network(), corpus_, valid_items_, kMaxWindows, cluster_); });
    validation_s_ = now_s() - start_s;
    valid_error_ = answer_error(logits, valid_targets_);
    result_.curve.push_back({now_s() - start_s_, result_.steps, steps_->loss(), valid_error_});
    if (!best_.empty() && valid_error_ > result_.valid_error) return;
    result_.valid_error = valid_error_;
    result_.valid_logits = std::move(logits);
    best_.clear();
    for (const Parameter& parameter : steps_->network().parameters())
      best_.push_back(parameter.value.detach().to(at::kCPU, at::kFloat, false, true));
  }

  DeepProgress state(double loss) const {
    const double bytes = steps_->setup().feed->mean_bytes() * static_cast<double>(steps_->setup().feed->n_slots());
    return {std::min(1., fraction_), result_.steps, loss, valid_error_,
            bytes * static_cast<double>(result_.steps) / (now_s() - loop_start_s_)};
  }

  void finish() {
    result_.interrupted = !go_on_;
    result_.loop_seconds = agreed(cluster_, now_s() - loop_start_s_);
    const SlotFeed& feed = *steps_->setup().feed;
    result_.epochs = feed.epochs(result_.steps);
    result_.model_flops = 3 * static_cast<double>(result_.steps) * steps_->setup().forward_flops;
    result_.flop_utilisation = result_.model_flops / result_.loop_seconds / result_.gemm_peak_flops_per_s;
    const double waited_s = waited_s_ / static_cast<double>(std::max<int64_t>(1, result_.steps));
    result_.feed_overhead = (median(times_s_) + waited_s) / median(held_times_s_);
    result_.shards_copied = feed.n_shards_copied();
    if (!valid_items_.empty()) on_stream([&] { tune_network(steps_->network(), valid_items_, valid_targets_); });
    validate();
    DeepNetwork& network = steps_->network();
    network.to(at::kCPU);
    for (size_t i = 0; i < best_.size(); ++i) network.parameters()[i].value.detach().copy_(best_[i]);
    result_.network = steps_->setup().network;
  }

  const Corpus& corpus_;
  const DeepOptions& options_;
  Cluster* cluster_;
  const at::Device device_;
  double seconds_;  // options_.seconds, or those of the training that is resumed
  double start_s_;
  const std::vector<ItemView> valid_items_;
  const Targets valid_targets_;
  std::optional<DeviceSteps> steps_;
  std::optional<DeviceGraph> graph_, update_graph_;  // destroyed before what their steps use

  DeepResult result_;
  std::vector<at::Tensor> best_;
  int steps_per_replay_ = 1, n_validated_ = 0;
  bool go_on_ = true;
  double expected_flops_per_s_ = 0, last_checkpoint_s_ = 0;
  double loop_start_s_ = 0, step_s_ = 1, fraction_ = 0, validation_s_ = 0, valid_error_ = 1;
  double waited_s_ = 0;                         // for shards
  std::vector<double> times_s_, held_times_s_;  // of a step as it is, and on one batch
};

}  // namespace

DeviceSteps::DeviceSteps(DeviceSetup setup, at::ScalarType dtype, Cluster* cluster)
    : setup_(std::move(setup)), optimiser_(setup_.network->parameters(), dtype, setup_.optimiser), cluster_(cluster) {
  const auto options = setup_.network->parameters().at(0).value.options().requires_grad(false);
  fraction_ = at::zeros({}, options.dtype(at::kDouble));
  per_step_ = at::zeros({}, options.dtype(at::kDouble));
  loss_ = at::zeros({}, options);
  step_loss_ = at::zeros({}, options);
  int64_t n_values = 1;
  for (const Parameter& parameter : setup_.network->parameters()) {
    if (!parameter.trained) continue;
    trained_.push_back(parameter.value);
    n_values += parameter.value.numel();
  }
  if (cluster_) sums_ = at::zeros({n_values}, options);
}

void DeviceSteps::step() {
  learn();
  if (cluster_) sum();
  update();
}

void DeviceSteps::learn() { learn_from(setup_.feed->next()); }

void DeviceSteps::step_on_held_batch() {
  learn_from(held_);
  update();
}

void DeviceSteps::hold_batch() {
  generator_then_ = generator().get_state();
  for (const at::Tensor& tensor : state()) state_then_.push_back(tensor.clone());
  held_ = setup_.feed->next();
}

void DeviceSteps::drop_batch() {
  const std::vector<at::Tensor> now = state();
  for (size_t i = 0; i < now.size(); ++i) now[i].copy_(state_then_[i]);
  generator().set_state(generator_then_);
  held_ = {};
  state_then_.clear();
}

at::Generator DeviceSteps::generator() const { return at::globalContext().defaultGenerator(loss_.device()); }

TrainingState DeviceSteps::saved() {
  TrainingState saved;
  const std::vector<at::Tensor> tensors = state();
  for (size_t i = 0; i < tensors.size(); ++i)
    saved.tensors["step." + std::to_string(i)] = tensors[i].to(at::kCPU).contiguous();
  const at::Tensor mine = generator().get_state();
  for (int rank = 0; rank < (cluster_ ? cluster_->size() : 1); ++rank) {
    const at::Tensor drawn = mine.to(at::kFloat);  // what is broadcast; a byte is a float exactly
    if (cluster_) cluster_->broadcast(drawn, rank);
    saved.tensors["generator." + std::to_string(rank)] = drawn.to(at::kByte);
  }
  return saved;
}

void DeviceSteps::restore(const TrainingState& saved, int64_t n_steps) {
  const std::vector<at::Tensor> tensors = state();
  for (size_t i = 0; i < tensors.size(); ++i) saved.copy_tensor("step." + std::to_string(i), tensors[i]);
  // More processes than there were: those that are new draw anew.
  const std::string mine = "generator." + std::to_string(cluster_ ? cluster_->rank() : 0);
  if (saved.tensors.contains(mine)) generator().set_state(saved.tensor(mine));
  for (int64_t done = 0; done < n_steps;) done += setup_.feed->reserve(done, n_steps - done);
}

std::vector<at::Tensor> DeviceSteps::state() {
  std::vector<at::Tensor> tensors = optimiser_.state();
  for (const Parameter& parameter : setup_.network->parameters()) tensors.push_back(parameter.value.detach());
  tensors.insert(tensors.end(), {fraction_, per_step_, loss_, setup_.feed->steps_drawn()});
  return tensors;
}

void DeviceSteps::learn_from(DrawnSlots drawn) {
  const double share = cluster_ ? take_part(drawn, cluster_->rank(), cluster_->size()) : 1;
  const TrainStep step{.head_dropout = setup_.head_dropout, .label_smoothing = setup_.label_smoothing};
  at::Tensor loss = setup_.network->loss_of_slots(drawn.batch, {setup_.task, drawn.targets}, step);
  if (cluster_) loss = loss * share;
  loss.backward();
  const at::NoGradGuard no_grad;
  step_loss_.copy_(loss.detach());
  if (cluster_) put_sums();
}

void DeviceSteps::put_sums() {
  int64_t at = 0;
  for (at::Tensor& value : trained_) {
    sums_.narrow(0, at, value.numel()).view(value.sizes()).copy_(value.grad());
    value.mutable_grad().reset();
    at += value.numel();
  }
  sums_[-1].copy_(step_loss_);
}

void DeviceSteps::sum() { cluster_->sum(sums_); }

void DeviceSteps::take_sums() {
  int64_t at = 0;
  for (at::Tensor& value : trained_) {
    value.mutable_grad() = sums_.narrow(0, at, value.numel()).view(value.sizes());
    at += value.numel();
  }
  step_loss_.copy_(sums_[-1]);
}

void DeviceSteps::update() {
  const at::NoGradGuard no_grad;
  if (cluster_) take_sums();
  optimiser_.step(rate_scale(fraction_));
  loss_.lerp_(step_loss_, (loss_ == 0).to(at::kFloat) * 0.95 + 0.05);  // the first loss as it is
  fraction_.add_(per_step_);
}

void DeviceSteps::set_fraction_per_step(double fraction) { per_step_.fill_(fraction); }
double DeviceSteps::fraction() const { return fraction_.item<double>(); }
double DeviceSteps::loss() const { return loss_.item<double>(); }

DeepResult train_deep_on_device(const Corpus& corpus, const std::vector<uint32_t>& valid, const DeepOptions& options,
                                const at::Device& device, const std::function<DeviceSetup(double flops_per_s)>& setup) {
  // What is dropped differs between processes, each of which has its own slots.
  at::manual_seed(options.seed + static_cast<uint64_t>(options.cluster ? options.cluster->rank() : 0));
  const c10::OptionalDeviceGuard on_device(device.is_cuda() ? std::optional(device) : std::nullopt);
  return DeviceTrainer(corpus, valid, options, device).run(setup);
}

}  // namespace gulo
