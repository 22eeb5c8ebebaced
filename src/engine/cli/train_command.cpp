#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "engine/cli/engine_commands.h"
#include "engine/train/trainer.h"
#include "kernel/cuda_device.h"

namespace gulo {

namespace {

// Known before data are read; whether the device is of use for them, the trainer says.
void require_device(const std::string& device) {
  if (device != "cuda") return;
  std::string why;
  const bool is_there = !cuda_devices(&why).empty();
  require(is_there, ErrorKind::kDevice, "no CUDA device: " + why, "use --device cpu, or leave --device out");
}

// "pixels", or "photo=pixels,note=bytes", which is of columns.
std::optional<Kind> asked_kind(const std::string& as) {
  return as == "auto" || as.find('=') != std::string::npos ? std::nullopt : std::optional(kind_from_name(as));
}

std::vector<FieldColumn> asked_kinds(const std::string& as) {
  std::vector<FieldColumn> kinds;
  if (as.find('=') == std::string::npos) return kinds;
  for (size_t begin = 0; begin <= as.size();) {
    const size_t end = std::min(as.find(',', begin), as.size()), mark = as.rfind('=', end);
    require(mark != std::string::npos && mark > begin && mark + 1 < end, ErrorKind::kUsage,
            fmt::format("--as: '{}' is not COLUMN=KIND", as.substr(begin, end - begin)),
            "write --as photo=pixels,note=bytes");
    kinds.push_back({as.substr(begin, mark - begin), kind_from_name(as.substr(mark + 1, end - mark - 1))});
    require(kinds.back().kind != Kind::kFields, ErrorKind::kUsage, "--as: a column's files cannot be fields",
            "write --as fields");
    begin = end + 1;
  }
  return kinds;
}

std::string answers(const nlohmann::json& record) {
  const auto task = record.at("task").get<std::string>();
  if (task == task_name(Task::kNumber)) return "one number an item";
  return fmt::format("{} labels{}", record.at("n_labels").get<int>(),
                     task == task_name(Task::kLabels) ? ", several an item" : "");
}

std::string summary(const nlohmann::json& record) {
  std::string text = fmt::format("{}: {}, {}, ", record.at("model").get<std::string>(), answers(record),
                                 format_bytes(record.at("model_bytes").get<double>()));
  if (const auto rmse = record.find("valid_rmse"); rmse != record.end() && rmse->is_number())
    text += fmt::format("validation RMSE {:.5g} on {} items, ", rmse->get<double>(),
                        format_count(record.at("n_valid").get<uint64_t>()));
  else if (record.at("valid_error").is_number())
    text += fmt::format("{}validation error {} on {} items, ", record.at("balanced").get<bool>() ? "balanced " : "",
                        format_percent(record.at("valid_error").get<double>()),
                        format_count(record.at("n_valid").get<uint64_t>()));
  return text + fmt::format("trained in {}\n", format_duration(record.at("wall_s").get<double>()));
}

}  // namespace

// Of processes on one machine each takes its share of the cores, unless the launcher has bound it to some already.
int threads_of_process(const Options& options, const std::optional<ClusterPlace>& place) {
  const int n = thread_count(options);
  const bool all_cores = n >= static_cast<int>(std::thread::hardware_concurrency());
  return place && options.threads == 0 && all_cores ? std::max(1, n / place->local_size) : n;
}

int run_train(const Options& options) {
  require_device(options.device);
  catch_interrupts();
  const std::optional<ClusterPlace> place = find_cluster_place(std::getenv);
  const nlohmann::json record = train_recogniser({.data = options.data.at(0),
                                                  .model_path = options.model,
                                                  .valid_data = options.valid,
                                                  .unlabelled_data = options.unlabelled,
                                                  .split = options.split,
                                                  .label_column = options.label,
                                                  .column = options.column,
                                                  .budget_s = options.budget_s,
                                                  .valid_fraction = options.valid_fraction,
                                                  .max_bad_fraction = options.max_bad,
                                                  .memory_bytes = options.memory_bytes,
                                                  .steps = options.steps,
                                                  .seed = static_cast<uint64_t>(options.seed),
                                                  .n_threads = threads_of_process(options, place),
                                                  .parts = options.parts,
                                                  .asked_kinds = asked_kinds(options.as),
                                                  .kind = asked_kind(options.as),
                                                  .task = find_task(options.task),
                                                  .balanced = options.balanced,
                                                  .augment = !options.no_augment,
                                                  .checkpoint_s = options.checkpoint_s,
                                                  .resume = options.resume,
                                                  .place = place,
                                                  .device = options.device});
  if (place && place->rank > 0) return 0;
  write_output(options.json ? record.dump() + "\n" : summary(record));
  return 0;
}

}  // namespace gulo
