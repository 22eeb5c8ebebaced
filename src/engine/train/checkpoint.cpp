#include "engine/train/checkpoint.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/progress.h"

namespace gulo {
namespace {

using nlohmann::json;

// A shorter training is not worth a file.
constexpr double kLeastBudgetS = 120;
constexpr double kLeastIntervalS = 30, kIntervalShare = 0.05;

class Hash {
 public:
  Hash() { XXH3_64bits_reset(&state_); }
  template <class T>
  void add(const std::vector<T>& values) {
    XXH3_64bits_update(&state_, values.data(), values.size() * sizeof(T));
  }
  void add(const std::string& text) { XXH3_64bits_update(&state_, text.c_str(), text.size() + 1); }
  std::string digits() const { return fmt::format("{:016x}", XXH3_64bits_digest(&state_)); }

 private:
  XXH3_state_t state_;
};

std::string kinds_text(const TrainOptions& options) {
  std::string text(options.kind ? kind_name(*options.kind) : "auto");
  for (const FieldColumn& field : options.asked_kinds) text += fmt::format(" {}={}", field.name, kind_name(field.kind));
  return text;
}

}  // namespace

std::string checkpoint_path(const std::string& model_path) { return model_path + ".checkpoint"; }

double checkpoint_interval_s(const TrainOptions& options) {
  if (!options.unlabelled_data.empty()) return 0;
  if (options.checkpoint_s >= 0) return options.checkpoint_s;
  if (options.steps > 0) return kLeastIntervalS;
  return options.budget_s < kLeastBudgetS ? 0 : std::max(kLeastIntervalS, kIntervalShare * options.budget_s);
}

json training_identity(const TrainOptions& options) {
  return {{"--budget", options.budget_s},
          {"--steps", options.steps},
          {"--seed", options.seed},
          {"--parts", options.parts},
          {"--split", options.split},
          {"--label", options.label_column},
          {"--column", options.column},
          {"--as", kinds_text(options)},
          {"--task", options.task ? task_name(*options.task) : "auto"},
          {"--valid", options.valid_data.empty() ? "not given" : "given"},
          {"--valid-fraction", options.valid_fraction},
          {"--balanced", options.balanced ? "given" : "not given"},
          {"--no-augment", options.augment ? "not given" : "given"}};
}

json training_identity(const Corpus& corpus) {
  Hash hash;
  hash.add(corpus.content_hashes);
  hash.add(corpus.offsets);
  hash.add(corpus.item_labels);
  hash.add(corpus.numbers);
  for (const std::vector<int>& set : corpus.label_sets) hash.add(set), hash.add(std::string());
  for (const std::string& label : corpus.labels) hash.add(label);
  return {{"kind", kind_name(corpus.kind)},
          {"number of items", corpus.n_items()},
          {"number of labels", corpus.labels.size()},
          {"sum of all contents and labels", hash.digits()}};
}

void require_same_training(const json& then, const json& now, const std::string& path) {
  for (const auto& [name, value] : now.items()) {
    const json was = then.is_object() && then.contains(name) ? then[name] : json();
    require(was == value, ErrorKind::kData,
            fmt::format("is of another training: {} was {} and is {}", name, was.dump(), value.dump()),
            "give the same data and options, or leave --resume out to begin anew", path);
  }
}

void write_checkpoint(const std::string& path, const TrainingState& state) {
  try {
    save_training_state(path, state);
  } catch (const Error& error) {
    warn(std::string("no checkpoint: ") + error.what());
  }
}

TrainingState read_checkpoint(const TrainOptions& options) {
  require(options.unlabelled_data.empty(), ErrorKind::kUsage, "--resume cannot go on with --unlabelled",
          "leave one of them out");
  const std::string path = checkpoint_path(options.model_path);
  require(std::filesystem::exists(path), ErrorKind::kData, "is not there: there is nothing to resume",
          "leave --resume out to begin; a training with a budget of 2 minutes or more keeps a checkpoint", path);
  TrainingState state = load_training_state(path);
  require_same_training(state.fact<json>("options"), training_identity(options), path);
  return state;
}

}  // namespace gulo
