// Trains the deep part alone on DATA for a number of seconds, tests it where DATA has a test/ part, and prints JSON.
//
//   OMP_WAIT_POLICY=PASSIVE deep_bench DATA --seconds 40 --threads 2
#include <malloc.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/corpus.h"
#include "data/source.h"
#include "data/split.h"
#include "engine/net/tile_product.h"
#include "engine/train/deep_plan.h"
#include "engine/train/deep_trainer.h"

namespace {

struct BenchOptions {
  std::string data, plan;
  double seconds = 40, valid_fraction = 0.1;
  int64_t steps = 0;
  uint64_t seed = 0;
  int threads = 2;
  bool test = true, float32 = false, quiet = false, tail = false;
};

double process_cpu_s() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// The last items of each label by name: where names are places in a file, as in isa256, a test part is further from the
// rest of the training part than a random one would be.
gulo::TrainValid split_off_tails(const gulo::Corpus& corpus, double fraction) {
  std::vector<std::vector<uint32_t>> by_label(corpus.labels.size());
  for (uint32_t i = 0; i < corpus.n_items(); ++i) by_label[corpus.item_labels[i]].push_back(i);
  gulo::TrainValid parts;
  for (const auto& items : by_label) {
    const size_t n_train = items.size() - static_cast<size_t>(fraction * static_cast<double>(items.size()));
    parts.train.insert(parts.train.end(), items.begin(), items.begin() + n_train);
    parts.valid.insert(parts.valid.end(), items.begin() + n_train, items.end());
  }
  return parts;
}

gulo::Corpus read(const BenchOptions& options, gulo::Split split) {
  gulo::SourceOptions source;
  source.split = split;
  gulo::CorpusOptions corpus;
  corpus.n_threads = options.threads;
  return gulo::read_corpus(gulo::list_source(options.data, source), corpus);
}

double test_error(const BenchOptions& options, const gulo::DeepResult& result) {
  const gulo::Corpus corpus = read(options, gulo::Split::kTest);
  std::vector<gulo::ItemView> items;
  for (size_t i = 0; i < corpus.n_items(); ++i) items.push_back(corpus.view(i));
  const std::vector<float> logits = result.network->logits(items, 0);
  const auto n_labels = static_cast<std::ptrdiff_t>(corpus.labels.size());
  size_t n_wrong = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto row = logits.begin() + static_cast<std::ptrdiff_t>(i) * n_labels;
    n_wrong += std::max_element(row, row + n_labels) - row != corpus.item_labels[i];
  }
  return static_cast<double>(n_wrong) / static_cast<double>(items.size());
}

// Overrides of the planned sizes: {"taps": 4, "stages": [[128, 3, 1], [192, 2, 2]], "head_dropout": 0.3}
void override_plan(const nlohmann::json& changes, gulo::DeepPlan& plan) {
  const auto set = [&](const char* name, auto& value) {
    if (changes.contains(name)) changes[name].get_to(value);
  };
  set("taps", plan.spec.taps);
  set("stem_width", plan.spec.stem_width);
  set("attention_heads", plan.spec.attention_heads);
  set("window_bytes", plan.spec.window_bytes);
  set("step_bytes", plan.step_bytes);
  set("augment", plan.feed.augment);
  set("byte_dropout", plan.feed.byte_dropout);
  set("crop_fraction", plan.feed.crop_fraction);
  set("head_dropout", plan.head_dropout);
  set("label_smoothing", plan.label_smoothing);
  set("muon_rate", plan.optimiser.muon_rate);
  set("muon_momentum", plan.optimiser.muon_momentum);
  set("muon_weight_decay", plan.optimiser.muon_weight_decay);
  set("adam_rate", plan.optimiser.adam_rate);
  set("adam_weight_decay", plan.optimiser.adam_weight_decay);
  if (!changes.contains("stages")) return;
  plan.spec.stages.clear();
  for (const auto& stage : changes["stages"]) plan.spec.stages.push_back({stage[0], stage[1], stage[2]});
}

nlohmann::json report(const gulo::DeepResult& result) {
  nlohmann::json json = {{"steps", result.steps},
                         {"epochs", result.epochs},
                         {"parameters", result.network->n_parameters()},
                         {"valid_error", result.valid_error},
                         {"model_flops", result.model_flops},
                         {"gemm_peak_flops_per_s", result.gemm_peak_flops_per_s},
                         {"flop_utilisation", result.flop_utilisation},
                         {"feed_overhead", result.feed_overhead},
                         {"loop_seconds", result.loop_seconds}};
  for (const gulo::DeepCurvePoint& point : result.curve)
    json["curve"].push_back({point.seconds, point.step, point.loss, point.valid_error});
  return json;
}

void run(const BenchOptions& options) {
  at::set_num_threads(options.threads);
  const gulo::Corpus corpus = read(options, gulo::Split::kTrain);
  const gulo::TrainValid parts = options.tail ? split_off_tails(corpus, options.valid_fraction)
                                              : gulo::split_corpus(corpus, options.valid_fraction, options.seed);
  gulo::DeepOptions deep;
  deep.seconds = options.seconds;
  deep.steps = options.steps;
  deep.seed = options.seed;
  deep.dtype = options.float32 ? at::kFloat : gulo::fastest_dtype();
  deep.setup = [&](double flops_per_s) {
    gulo::DeepPlan plan = gulo::plan_deep(corpus, parts.train, options.seconds, flops_per_s);
    if (!options.plan.empty()) override_plan(nlohmann::json::parse(options.plan), plan);
    return gulo::setup_bytes(corpus, parts.train, plan, options.seed, deep.dtype);
  };
  int64_t next_line = 1;
  if (!options.quiet)
    deep.progress = [&](const gulo::DeepProgress& state) {
      if (state.step < next_line) return true;
      next_line = state.step + std::max<int64_t>(1, state.step / 4);
      std::fprintf(stderr, "%5.1f %%  step %ld  loss %.4f  valid %.4f  %.2f MB/s\n", 100 * state.fraction, state.step,
                   state.loss, state.valid_error, state.bytes_per_s / 1e6);
      return true;
    };
  const double cpu_start_s = process_cpu_s();
  const gulo::DeepResult result = gulo::train_deep(corpus, parts.valid, deep);
  nlohmann::json json = report(result);
  json["cpu_s"] = process_cpu_s() - cpu_start_s;
  if (options.test) json["test_error"] = test_error(options, result);
  std::printf("%s\n", json.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  // Buffers of the same few sizes come and go every step: give none of them back to the system.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  BenchOptions options;
  CLI::App app("trains the deep part alone");
  app.add_option("DATA", options.data)->required();
  app.add_option("--seconds", options.seconds);
  app.add_option("--steps", options.steps);
  app.add_option("--seed", options.seed);
  app.add_option("--threads", options.threads);
  app.add_option("--valid-fraction", options.valid_fraction);
  app.add_option("--plan", options.plan, "JSON that overrides the plan");
  app.add_flag("!--no-test", options.test);
  app.add_flag("--tail", options.tail, "validate on the last items of each label by name, not on random ones");
  app.add_flag("--float32", options.float32);
  app.add_flag("--quiet", options.quiet);
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const gulo::Error& error) {
    std::fprintf(stderr, "deep_bench: %s (%s) %s\n", error.message().c_str(), error.hint().c_str(),
                 error.path().c_str());
    return static_cast<int>(error.kind());
  }
  return 0;
}
