#include "engine/train/trainer.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/core.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/process_clock.h"
#include "base/progress.h"
#include "base/units.h"
#include "data/targets.h"
#include "engine/cluster/cluster.h"
#include "engine/net/tune_network.h"
#include "engine/train/checkpoint.h"
#include "engine/train/deep_plan.h"
#include "engine/train/deep_trainer.h"
#include "engine/train/device_choice.h"
#include "engine/train/device_trainer.h"
#include "engine/train/engine_predictor.h"
#include "engine/train/gemm_probe.h"
#include "engine/train/matmul_check.h"
#include "engine/train/plan.h"
#include "engine/train/saved_parts.h"
#include "engine/train/self_training.h"
#include "engine/train/train_data.h"
#include "engine/train/trials.h"
#include "engine/train/wide_part.h"
#include "kernel/cuda_device.h"
#include "kernel/kernel_check.h"
#include "model/calibration.h"
#include "model/model_file.h"

namespace gulo {

namespace {

using nlohmann::json;

// A model file has 32 MB at most: 28 for the wide rows, the rest for the deep part, the bitmap and the metadata.
constexpr size_t kMaxWideBytes = 28'000'000;
// The bank needs no validation items: of fewer than these a network's likelihood is not told from luck.
constexpr size_t kLeastToJudge = 16;

// Of the time, for the recogniser that labels items without labels.
constexpr double kTeacherShare = 0.35;
// Of the deep part's time, for trials; the network that answers is trained in the rest.
constexpr double kTrialShare = 0.35;
// Of the time after them, for a network like the one that answers, but for the validation items.
constexpr double kRehearsalShare = 0.45;
// Of the time, for the forest of a table.
constexpr double kForestShare = 0.2;
constexpr size_t kMostSplits = 10, kMostForestCells = size_t{1} << 26;
// How long processes wait for rank 0 beside the budget, or without one.
constexpr double kPatience = 600, kPatienceForSteps = 86400;
// With less than this in all there are no trials.
constexpr double kLeastTrialSeconds = 8;

std::vector<size_t> label_counts(const Corpus& corpus) {
  std::vector<size_t> counts(corpus.labels.size());
  for (const int label : corpus.item_labels) ++counts[static_cast<size_t>(label)];
  return counts;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

// The whole job, one step after the other.
class RecogniserTrainer {
 public:
  explicit RecogniserTrainer(const TrainOptions& options) : options_(options) {}

  json run() {
    if (options_.place) join_cluster();
    if (is_first()) {
      const AtomicFile can_be_written(options_.model_path);
    }  // known now, not after the budget is spent
    at::set_num_threads(options_.n_threads);
    check_machine();
    if (is_first()) look_for_checkpoint();
    data_ = read_train_data(options_);
    dtype_ = matmul_dtype(data_.corpus.kind);
    say_what_is_there();
    require(!options_.balanced || data_.corpus.task == Task::kLabel, ErrorKind::kUsage,
            "--balanced needs data with one label an item", "leave --balanced out");
    if (cluster_) agree_on_data();
    choose_device();
    if (resumed_) resume();
    if (!options_.unlabelled_data.empty()) return self_train();
    train(options_.budget_s);
    return is_first() ? write() : json();
  }

 private:
  bool is_first() const { return !cluster_ || cluster_->is_first(); }

  void join_cluster() {
    require(options_.unlabelled_data.empty(), ErrorKind::kUsage, "--unlabelled needs a single process",
            "start gulo without torchrun, mpirun or srun, or leave --unlabelled out");
    const double patience_s = options_.steps > 0 ? kPatienceForSteps : options_.budget_s + kPatience;
    own_cluster_ = std::make_unique<Cluster>(*options_.place, patience_s);
    cluster_ = own_cluster_.get();
    if (!is_first()) Progress::set_enabled(false);
    say(fmt::format("{} processes train together", cluster_->size()));
  }

  // The same data, split alike, and rank 0's checkpoint.
  void agree_on_data() {
    const std::string mine = training_identity(data_.corpus).dump(), first = cluster_->agree(mine);
    require(mine == first, ErrorKind::kDevice,
            fmt::format("rank {} has read {}, and rank 0 {}", cluster_->rank(), mine, first),
            "give every process the same files");
    if (!cluster_->agree(resumed_ ? 1. : 0.)) return;
    resumed_ = share_training_state(*cluster_, resumed_.value_or(TrainingState()));
  }

  // The process' clock; of a training that is resumed it goes on where the checkpoint was written.
  double clock_s() const { return seconds_since_process_start() + clock_shift_s_; }

  // Ends at budget_s on that clock.
  void train(double budget_s) {
    valid_targets_ = targets_of(data_.corpus, data_.parts.valid);
    if (options_.balanced) label_offsets_ = balancing_offsets(label_counts(data_.corpus));
    if (!resumed_) {
      plan_ = plan_budget(budget_s, clock_s(), options_.parts);
      if (is_too_much_for_deep()) {
        say("a deep part would see each item less than twice in its time: the wide part has all of it");
        plan_ = plan_budget(budget_s, clock_s(), "wide");
        has_time_for_deep_ = false;
      }
      if (options_.parts != "deep" && is_first()) train_wide_part();
      if (wide_) checkpoint();
    }
    require(options_.parts != "wide" || wide_ || !is_first(), ErrorKind::kUsage,
            fmt::format("there is no wide part of {}", kind_name(data_.corpus.kind)), "leave --parts out");
    if (agreed(cluster_, options_.parts != "wide" && has_time_for_deep_ && !deep_ && can_judge_deep()))
      deep_ = train_deep_part();
    require(wide_ || deep_ || !is_first(), ErrorKind::kData, "nothing was trained before the interruption",
            "let it run for longer");
    if (is_first()) combine();
    if (agreed(cluster_, keep_deep_ && (is_resumed_in("refit") || is_worth_refitting()))) refit_deep();
  }

  void look_for_checkpoint() {
    checkpoint_s_ = checkpoint_interval_s(options_);
    const std::string path = checkpoint_path(options_.model_path);
    if (options_.resume)
      resumed_ = read_checkpoint(options_);
    else if (std::filesystem::exists(path))
      warn(path + " is of a training that was broken off; this one begins anew, and --resume would have gone on");
  }

  void resume() {
    require_same_training(resumed_->fact<json>("data"), training_identity(data_.corpus),
                          checkpoint_path(options_.model_path));
    const double used_s = resumed_->fact<double>("clock_s");
    clock_shift_s_ = used_s - seconds_since_process_start();
    plan_.end_s = resumed_->fact<double>("end_s");
    deep_seconds_ = resumed_->fact<double>("deep_seconds");
    deep_begin_s_ = resumed_->fact<double>("deep_begin_s");
    gemm_peak_flops_per_s_ = resumed_->fact<double>("gemm_peak_flops_per_s");
    curve_ = resumed_->fact<json>("curve");
    TrainedParts parts = load_parts(resumed_->part("parts").value_or(TrainingState()), dtype_);
    wide_ = std::move(parts.wide);
    deep_ = std::move(parts.deep);
    const auto running = resumed_->part("running");
    say(fmt::format("going on from {}, {} into the training",
                    running ? fmt::format("step {}", running->fact<int64_t>("steps")) : "the end of the wide part",
                    format_duration(used_s)));
  }

  // True until that training of the network has begun.
  bool is_resumed_in(const std::string& phase) const {
    return resumed_ && resumed_->facts.contains("running") && resumed_->fact<std::string>("phase") == phase;
  }

  // Between two parts, or within the training of the network, which `running` is of then.
  void checkpoint(const std::string& phase = "", const SetupOptions& setup = {}, const TrainingState* running = {}) {
    if (checkpoint_s_ <= 0) return;
    TrainingState state;
    state.facts = {{"options", training_identity(options_)},
                   {"data", training_identity(data_.corpus)},
                   {"clock_s", clock_s()},
                   {"end_s", plan_.end_s},
                   {"deep_seconds", deep_seconds_},
                   {"deep_begin_s", deep_begin_s_},
                   {"gemm_peak_flops_per_s", gemm_peak_flops_per_s_},
                   {"curve", curve_},
                   {"phase", phase},
                   {"setup_seconds", setup.seconds},
                   {"setup_epochs", setup.epochs},
                   {"setup_flops_per_s", setup.measured_flops_per_s}};
    if (running) state.put("running", *running);
    state.put("parts", save_parts(wide_, deep_, spec_of_data()));
    write_checkpoint(checkpoint_path(options_.model_path), state);
    if (cluster_)
      cluster_->set_recovery(fmt::format("{} is of {} into the training: start all again with --resume",
                                         checkpoint_path(options_.model_path), format_duration(clock_s())));
  }

  // The first recogniser is written, and the second one in its place where that is no worse on the validation items.
  json self_train() {
    Corpus unlabelled = read_unlabelled(options_, data_.corpus);
    const double begin_s = clock_s();
    train(begin_s + kTeacherShare * (options_.budget_s - begin_s));
    json record = write();
    if (interrupted()) return record;
    const Model teacher = load_model(options_.model_path);
    RecogniserTrainer student(options_);
    student.dtype_ = dtype_;
    student.device_ = device_;
    student.device_name_ = device_name_;
    student.gemm_peak_flops_per_s_ = gemm_peak_flops_per_s_;
    student.curve_ = std::move(curve_);
    student.n_labelled_ = data_.corpus.n_items();
    student.teacher_has_deep_ = keep_deep_;
    student.data_ = std::move(data_);
    const size_t n_unlabelled = unlabelled.n_items();
    const size_t n_sure = add_sure_items(*make_engine_predictor(teacher, options_.n_threads), std::move(unlabelled),
                                         options_.n_threads, student.data_.corpus, student.data_.parts.train);
    json self_training{{"data", options_.unlabelled_data},
                       {"n_items", n_unlabelled},
                       {"n_joined", n_sure},
                       {"first_valid_error", record["valid_error"]}};
    if (n_sure > 0 && !interrupted()) student.train(options_.budget_s);
    self_training["kept"] = n_sure > 0 && !interrupted() && student.held_out_loss_ <= held_out_loss_;
    if (self_training["kept"]) {
      student.self_training_ = self_training;
      return student.write();
    }
    say("the items without labels do not help on validation: the first recogniser is kept");
    record["self_training"] = self_training;
    return record;
  }

  void check_machine() {
    for (const SelfTest& test : self_test_kernels()) {
      if (!test.remark.empty()) warn(test.name + ": " + test.remark);
      require(test.passed, ErrorKind::kDevice, "kernel " + test.name + " calculates wrong on this machine",
              "run `gulo doctor` and report what it prints");
    }
  }

  void choose_device() {
    DeviceWish wish{.device = options_.device, .local_rank = options_.place ? options_.place->local_rank : 0};
    trains_on_device(data_.corpus, &wish.cannot_train);
    const auto running = resumed_ ? resumed_->part("running") : std::nullopt;
    const bool was_on_device = running && running->facts.contains("on_device");
    const char* hint = "leave --device out, or leave --resume out to begin anew";
    require(!running || options_.device != (was_on_device ? "cpu" : "cuda"), ErrorKind::kUsage,
            was_on_device ? "what is resumed began on a CUDA device" : "what is resumed began on the CPU", hint);
    if (running && !was_on_device) wish.cannot_train = "a training that began on the CPU";
    std::string none_because;
    const std::vector<CudaDevice> devices = cuda_devices(&none_because);
    const DeviceChoice choice = gulo::choose_device(wish, devices, none_because, cluster_);
    require(!was_on_device || choice.device.is_cuda(), ErrorKind::kDevice,
            "what is resumed began on a CUDA device, and there is none for it here" +
                (none_because.empty() ? "" : ": " + none_because),
            "go on where there is one, or leave --resume out to begin anew");
    if (choice.device.is_cpu()) return;
    device_ = choice.device;
    device_name_ = choice.name;
    dtype_ = at::kBFloat16;
    say("the deep part trains on " + device_name_);
  }

  void say_what_is_there() const {
    say(fmt::format("{}; {} to train on, {} to validate", data_.description, format_count(data_.parts.train.size()),
                    format_count(data_.parts.valid.size())));
  }

  WideResult train_wide() {
    const bool timed = options_.steps == 0;
    const WideSearchOptions search{.search_s = timed ? plan_.wide_search_s : 0,
                                   .final_s = timed ? plan_.wide_final_s : 0,
                                   .seed = options_.seed,
                                   .n_threads = options_.n_threads,
                                   .refit = options_.valid_data.empty(),
                                   .max_bytes = kMaxWideBytes};
    return search_wide(data_.corpus, data_.parts, search, curve_);
  }

  bool is_student() const { return n_labelled_ != std::numeric_limits<size_t>::max(); }

  // The wide part, where it is of that type.
  template <class Result>
  const Result* wide_as() const {
    return wide_ ? std::get_if<Result>(&*wide_) : nullptr;
  }

  // Pixels have no bytes to bag, no samples to convolve and no columns to cut.
  void train_wide_part() {
    if (data_.corpus.kind == Kind::kBytes) wide_ = train_wide();
    if (data_.corpus.kind == Kind::kSamples) wide_ = train_bank_part();
    if (data_.corpus.kind == Kind::kCells) wide_ = train_forest_part();
  }

  // A deep part that stands beside a wide one must show on validation that it helps.
  bool can_judge_deep() const {
    if (!wide_) return true;
    const bool enough = data_.parts.valid.size() >= (wide_as<BankResult>() ? kLeastToJudge : 1);
    if (!enough)
      say(fmt::format("{} validation items cannot tell whether a deep part helps: there is none",
                      data_.parts.valid.size()));
    return enough;
  }

  // Of bytes, which the wide part learns as well, and faster.
  bool is_too_much_for_deep() {
    const bool has_choice = options_.parts == "both" && options_.steps == 0 && device_.is_cpu() && !cluster_;
    if (!has_choice || data_.corpus.kind != Kind::kBytes) return false;
    if (gemm_peak_flops_per_s_ == 0) gemm_peak_flops_per_s_ = probe_gemm_flops_per_s(dtype_);
    return !can_learn_deep(data_.corpus, data_.parts.train, plan_.deep_s,
                           kExpectedUtilisation * gemm_peak_flops_per_s_);
  }

  std::optional<BankResult> train_bank_part() {
    const bool timed = options_.steps == 0;
    BankOptions bank;
    bank.seconds = timed ? plan_.wide_search_s + plan_.wide_final_s : 0;
    bank.seed = options_.seed;
    bank.n_threads = options_.n_threads;
    bank.refit = options_.valid_data.empty();
    Progress progress("wide");
    progress.update(0, "bank of convolutions");
    std::optional<BankResult> result = train_bank(data_.corpus, data_.parts, bank);
    progress.finish(result ? fmt::format("{} convolutional features, leave-one-out error {}",
                                         format_count(result->spec.n_features()), format_percent(result->loo_error))
                           : "the bank of convolutions would take longer than the budget allows: left out");
    if (result)
      curve_.push_back(
          {{"phase", "wide"}, {"seconds", clock_s()}, {"loss", nullptr}, {"valid_error", result->loo_error}});
    return result;
  }

  std::optional<ForestResult> train_forest_part() {
    const double share = options_.parts == "wide" ? 1 : kForestShare;
    std::optional<ForestResult> result =
        train_forest(data_.corpus, data_.parts,
                     {.seconds = options_.steps == 0 ? share * (plan_.end_s - clock_s()) : 0,
                      .seed = options_.seed,
                      .n_threads = options_.n_threads,
                      .refit = options_.valid_data.empty(),
                      // The labels of a student's further items are guesses.
                      .most_splits = options_.valid_data.empty() && !is_student() ? kMostSplits : 1,
                      .max_cells = std::min(kMostForestCells, data_.corpus.arena.limits().memory_bytes / 16)});
    if (result && !data_.parts.valid.empty())
      curve_.push_back(
          {{"phase", "wide"}, {"seconds", clock_s()}, {"loss", nullptr}, {"valid_error", result->valid_error}});
    return result;
  }

  std::optional<DeepResult> train_deep_part() {
    if (!is_resumed_in("deep")) {
      deep_begin_s_ = clock_s();
      deep_seconds_ = agreed(cluster_, plan_.end_s - deep_begin_s_);
    }
    if (agreed(cluster_, interrupted() || (options_.steps == 0 && deep_seconds_ < 2))) return {};
    Progress progress("deep");
    DeepResult result = is_trying_out() ? try_out(progress)
                                        : train_deep_on(data_.parts.train, data_.parts.valid, progress,
                                                        {.seconds = deep_seconds_}, "deep");
    progress.finish(fmt::format("{} steps, validation error {}", format_count(static_cast<uint64_t>(result.steps)),
                                format_percent(result.valid_error)));
    for (const DeepCurvePoint& point : result.curve)
      curve_.push_back({{"phase", "deep"},
                        {"seconds", deep_begin_s_ + point.seconds},
                        {"loss", point.loss},
                        {"valid_error", point.valid_error}});
    return result;
  }

  bool is_trying_out() const {
    return options_.steps == 0 && deep_seconds_ > kLeastTrialSeconds && !data_.parts.valid.empty() &&
           !epochs_to_try(data_.corpus.kind).empty();
  }

  // The best of some small networks, then a large one like it, whose answers for the validation items are to be mixed
  // with others'. If nothing interferes, it is refitted.
  DeepResult try_out(Progress& progress) {
    const double end_s = clock_s() + kTrialShare * deep_seconds_;
    const auto train = [&](const SetupOptions& setup) {
      return train_deep_on(data_.parts.train, data_.parts.valid, progress, setup);
    };
    DeepResult best = Trials(data_.corpus.kind, valid_targets_, train, [&] {
                        return agreed(cluster_, interrupted()) ? 0 : agreed(cluster_, end_s - clock_s());
                      }).run();
    SetupOptions setup = as_tried(best);
    setup.seconds *= kRehearsalShare;
    const bool ends = best.interrupted || interrupted() || best.steps == 0 || setup.seconds < best.loop_seconds;
    // Of items that the user has set aside the network that answers tells itself.
    if (!options_.valid_data.empty() || agreed(cluster_, ends ? 1. : 0.)) return best;
    DeepResult rehearsal = train(setup);
    return rehearsal.interrupted ? std::move(best) : std::move(rehearsal);
  }

  // What was found to be best, for a network as large as the time that is left allows.
  SetupOptions as_tried(const DeepResult& tried) const {
    return {.seconds = plan_.end_s - clock_s(),
            .epochs = tried.epochs,
            .number_values = knows_number_values(*tried.network),
            .measured_flops_per_s = tried.model_flops / tried.loop_seconds};
  }

  // `phase`: under which it is kept in checkpoints; empty: it is in none.
  DeepResult train_deep_on(const std::vector<uint32_t>& train, const std::vector<uint32_t>& valid, Progress& progress,
                           SetupOptions setup_options, const std::string& phase = "") {
    DeepOptions deep;
    std::optional<TrainingState> running;
    if (is_resumed_in(phase)) {
      running = resumed_->part("running");
      deep.resume = &*running;
      setup_options.seconds = resumed_->fact<double>("setup_seconds");
      setup_options.epochs = resumed_->fact<double>("setup_epochs");
      setup_options.measured_flops_per_s = resumed_->fact<double>("setup_flops_per_s");
      resumed_->facts.erase("running");
    }
    setup_options.seconds = agreed(cluster_, setup_options.seconds);
    setup_options.measured_flops_per_s = agreed(cluster_, setup_options.measured_flops_per_s);
    deep.cluster = cluster_;
    deep.checkpoint_s = checkpoint_s_;
    if (checkpoint_s_ > 0 && !phase.empty())
      deep.checkpoint = [&](const TrainingState& state) { checkpoint(phase, setup_options, &state); };
    deep.seconds = std::min(setup_options.seconds, plan_.end_s - clock_s());
    deep.steps = options_.steps;
    deep.seed = options_.seed;
    deep.dtype = dtype_;
    deep.progress = [&](const DeepProgress& now) {
      const std::string validated =
          !valid.empty() && now.valid_error < 1 ? "validation error " + format_percent(now.valid_error) + "  " : "";
      const double of_trials = (clock_s() - deep_begin_s_) / (kTrialShare * deep_seconds_);
      progress.update(
          setup_options.is_trial ? std::min(of_trials, 1.) : now.fraction,
          fmt::format("step {}  loss {:.3f}  {}{}/s", now.step, now.loss, validated, format_bytes(now.bytes_per_s)),
          options_.steps > 0 ? -1 : plan_.end_s - clock_s());
      return !interrupted();
    };
    const auto options_at = [&](double flops_per_s) -> const SetupOptions& {
      setup_options.flops_per_s = flops_per_s;
      setup_options.seed = deep.seed;
      setup_options.dtype = deep.dtype;
      setup_options.augment = options_.augment;
      return setup_options;
    };
    const auto with_augmentation_kept = [&](auto setup) {
      augmentation_ = setup.augmentation;
      return setup;
    };
    deep.setup = [&](double flops_per_s) {
      return with_augmentation_kept(setup_deep(data_.corpus, train, options_at(flops_per_s)));
    };
    const auto device_setup = [&](double flops_per_s) {
      DeviceRoom room = device_;
      room.corpus_bytes = agreed(cluster_, room.corpus_bytes);
      return with_augmentation_kept(setup_on_device(data_.corpus, train, options_at(flops_per_s), room));
    };
    deep.gemm_peak_flops_per_s = gemm_peak_flops_per_s_;
    DeepResult result = device_.is_cpu() ? train_deep(data_.corpus, valid, deep)
                                         : train_deep_on_device(data_.corpus, valid, deep, device_, device_setup);
    gemm_peak_flops_per_s_ = result.gemm_peak_flops_per_s;
    return result;
  }

  // A network that had seen the items as often as is good for it before its time was up is trained anew on all of
  // them. What was measured on the validation items holds for it too: it only knows more.
  bool is_worth_refitting() const {
    const double left_s = plan_.end_s - clock_s();
    return options_.steps == 0 && (options_.valid_data.empty() || is_trying_out()) && !interrupted() &&
           !data_.parts.valid.empty() && left_s > 1.15 * deep_->loop_seconds;
  }

  void refit_deep() {
    std::vector<uint32_t> all = data_.parts.train;
    if (options_.valid_data.empty()) all.insert(all.end(), data_.parts.valid.begin(), data_.parts.valid.end());
    Progress progress("refit");
    SetupOptions setup_options{.seconds = deep_seconds_};
    if (is_trying_out()) setup_options = as_tried(*deep_);
    DeepResult again = train_deep_on(all, {}, progress, setup_options, "refit");
    if (again.interrupted) return progress.finish("interrupted: the network from before is kept");
    progress.finish(fmt::format("{} steps on {} items", format_count(static_cast<uint64_t>(again.steps)),
                                format_count(all.size())));
    copy_tuning(*deep_->network, *again.network);
    deep_->network = again.network;
    refitted_ = true;
  }

  // Fits the scales, and drops the deep part where the wide one does as well without it.
  void combine() {
    const std::vector<float> none;
    const auto& wide = wide_ ? valid_logits_of(*wide_) : none;
    const auto& deep = deep_ ? deep_->valid_logits : none;
    calibration_ = fit_calibration(wide, deep, valid_targets_);
    if (valid_targets_.empty()) calibration_ = wide_ ? Calibration{1, 0} : Calibration{0, 1};
    const auto sum = combine_logits(calibration_, wide, deep);
    measure(sum, valid_targets_);
    keep_deep_ = deep_.has_value();
    held_out_loss_ = mean_loss(sum, valid_targets_);
    if (!deep_) return use_bank_alone();
    if (!wide_) return;
    const Calibration wide_only = fit_calibration(wide, {}, valid_targets_);
    const auto without = combine_logits(wide_only, wide, {});
    const double error_without = error_of(without, valid_targets_);
    keep_deep_ =
        calibration_.deep_scale > 0 && (wide_as<ForestResult>() || helps_for_sure(without, sum, error_without));
    if (keep_deep_) {
      say(fmt::format("wide {} and deep {} together: validation error {}", format_percent(error_without),
                      format_percent(deep_->valid_error), format_percent(valid_error_)));
      return;
    }
    say(fmt::format("the deep part does not help on validation (error {} without it, {} with it) and is dropped",
                    format_percent(error_without), format_percent(valid_error_)));
    calibration_ = wide_only;
    measure(without, valid_targets_);
    held_out_loss_ = mean_loss(without, valid_targets_);
    use_bank_alone();
  }

  // Without proof a network is not worth that prediction needs the engine. Beside a forest none is asked for: rows are
  // few, and a mixture that has more of the likelier one errs less than either.
  bool helps_for_sure(const std::vector<float>& without, const std::vector<float>& with, double error_without) const {
    return valid_error_ <= error_without && (teacher_has_deep_ || improves(without, with, valid_targets_));
  }

  // The error that is to be small.
  double error_of(std::vector<float> logits, const Targets& targets) const {
    if (!options_.balanced) return answer_error(logits, targets);
    add_label_offsets({.label_offsets = label_offsets_}, logits);
    return balanced_error(logits, targets);
  }

  void measure(const std::vector<float>& logits, const Targets& targets) {
    n_valid_ = targets.n_items();
    valid_error_ = error_of(logits, targets);
    if (targets.task == Task::kNumber)
      valid_rmse_ = data_.corpus.number_unit.scale * std::sqrt(mean_loss(logits, targets));
  }

  // Where the items are few, leaving each out in turn says more than a tenth of them set aside.
  void use_bank_alone() {
    const auto* bank = wide_as<BankResult>();
    if (!bank || is_student()) return;  // the items that a student learned from give each other's labels away
    const Targets targets = targets_of(data_.corpus, bank->loo_items);
    calibration_ = fit_calibration(bank->loo_logits, {}, targets);
    measure(combine_logits(calibration_, bank->loo_logits, {}), targets);
  }

  // Without parts.
  ModelSpec spec_of_data() const {
    ModelSpec spec;
    spec.kind = data_.corpus.kind;
    spec.task = data_.corpus.task;
    spec.number_unit = data_.corpus.number_unit;
    spec.labels = data_.corpus.labels;
    spec.columns = data_.corpus.columns;
    spec.fields = data_.corpus.fields;
    return spec;
  }

  json write() {
    ModelSpec spec = spec_of_data();
    spec.calibration = calibration_;
    spec.calibration.label_offsets = label_offsets_;
    TensorMap tensors;
    if (wide_) {
      put_spec(*wide_, spec);
      tensors = tensors_of(*wide_, spec.labels.size());
    }
    ParameterBuffers parameters;
    if (keep_deep_) {
      spec.deep = deep_->network->saved_spec();
      parameters = deep_->network->export_parameters();
      tensors.insert(parameters.tensors.begin(), parameters.tensors.end());
    }
    spec.training = record();
    save_model(options_.model_path, spec, tensors);
    end_checkpoints();
    json record = spec.training;
    record["wall_s"] = clock_s();
    record["model_bytes"] = std::filesystem::file_size(options_.model_path);
    return record;
  }

  // A training that was broken off can still go on.
  void end_checkpoints() const {
    const std::string path = checkpoint_path(options_.model_path);
    if (!interrupted())
      std::filesystem::remove(path);
    else if (checkpoint_s_ > 0 && std::filesystem::exists(path))
      say(path + " is kept: --resume goes on with the training");
  }

  json record() const {
    json record{{"data", options_.data},
                {"n_items", std::min(n_labelled_, data_.corpus.n_items())},
                {"n_train", data_.parts.train.size()},
                {"n_valid", n_valid_},
                {"n_bad", data_.corpus.n_bad},
                {"n_bytes", data_.corpus.n_bytes()},
                {"n_labels", data_.corpus.task == Task::kNumber ? 0 : data_.corpus.labels.size()},
                {"task", task_name(data_.corpus.task)},
                {"kind", kind_name(data_.corpus.kind)},
                {"device", device_.is_cpu() ? "cpu" : "cuda"},
                {"balanced", options_.balanced},
                {"budget_s", options_.budget_s},
                {"wall_s", clock_s()},
                {"seed", options_.seed},
                {"n_threads", options_.n_threads},
                {"n_processes", cluster_ ? cluster_->size() : 1},
                {"steps", deep_ ? deep_->steps : 0},
                {"epochs", deep_                   ? deep_->epochs
                           : wide_as<WideResult>() ? wide_as<WideResult>()->epochs
                                                   : 1},
                {"valid_error", n_valid_ == 0 ? json() : json(valid_error_)},
                {"model", options_.model_path},
                {"interrupted", interrupted()},
                {"resumed", resumed_.has_value()},
                {"memory_bytes", data_.corpus.arena.limits().memory_bytes},
                {"streamed", data_.corpus.arena.in_file()},
                {"peak_memory_bytes", peak_memory_bytes()},
                {"curve", curve_},
                {"machine", {{"cpu", cpu_name()}, {"kernels", kernel_target()}, {"libtorch", TORCH_VERSION}}}};
    if (!device_.is_cpu()) record["machine"]["device"] = device_name_;
    if (data_.corpus.task == Task::kNumber) record["valid_rmse"] = n_valid_ == 0 ? json() : json(valid_rmse_);
    if (!self_training_.is_null()) record["self_training"] = self_training_;
    uint64_t n_parameters = wide_ ? n_parameters_of(*wide_) : 0;
    if (keep_deep_) n_parameters += static_cast<uint64_t>(deep_->network->n_parameters());
    record["parameters"] = n_parameters;
    if (wide_) record["wide"] = record_of(*wide_, !valid_targets_.empty());
    for (const char* key : {"model_flops", "gemm_peak_flops_per_s", "flop_utilisation", "feed_overhead"})
      record[key] = nullptr;
    if (deep_) {
      record["deep"] = {{"kept", keep_deep_},
                        {"valid_error", deep_->valid_error},
                        {"parameters", deep_->network->n_parameters()},
                        {"augmentation", augmentation_},
                        {"refitted", refitted_}};
      record["model_flops"] = deep_->model_flops;
      record["gemm_peak_flops_per_s"] = deep_->gemm_peak_flops_per_s;
      record["flop_utilisation"] = deep_->flop_utilisation;
      record["feed_overhead"] = deep_->feed_overhead;
      if (deep_->shards_copied > 0) record["deep"]["shards_copied"] = deep_->shards_copied;
    }
    return record;
  }

  const TrainOptions& options_;
  std::unique_ptr<Cluster> own_cluster_;
  Cluster* cluster_ = nullptr;  // null: this process is alone
  TrainData data_;
  Targets valid_targets_;
  BudgetPlan plan_;
  at::ScalarType dtype_ = at::kFloat;
  at::Device device_ = at::kCPU;  // of the deep part's training
  std::string device_name_;
  double checkpoint_s_ = 0, clock_shift_s_ = 0;
  std::optional<TrainingState> resumed_;
  std::optional<WidePart> wide_;
  std::optional<DeepResult> deep_;
  std::vector<std::string> augmentation_;
  Calibration calibration_;  // the scales
  std::vector<double> label_offsets_;
  bool has_time_for_deep_ = true, keep_deep_ = false, refitted_ = false;
  bool teacher_has_deep_ = false;  // it has shown that it helps: a student's wide part learned from it
  double deep_begin_s_ = 0, deep_seconds_ = 0;
  double gemm_peak_flops_per_s_ = 0;  // measured by the first training; 0 before
  double valid_error_ = 1;            // answer_error of the recogniser as it is written
  double valid_rmse_ = 0;             // of numbers
  double held_out_loss_ = 0;          // mean_loss on the validation items, of parts that have not seen them
  size_t n_labelled_ = std::numeric_limits<size_t>::max();  // items from here on a recogniser has labelled
  json self_training_;
  size_t n_valid_ = 0;  // items that it was measured on: set aside, or each left out in turn
  json curve_ = json::array();
};

}  // namespace

json train_recogniser(const TrainOptions& options) { return RecogniserTrainer(options).run(); }

}  // namespace gulo
