#include "compare/gulo_runner.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "compare/child_process.h"

namespace gulo {
namespace {

// Answers lie in the items' order: rows in their table's, files by their names, which are numbers.
std::vector<int> read_answers(const std::string& path, const LaidOutData& laid) {
  std::unordered_map<std::string, int> numbers;
  for (size_t i = 0; i < laid.labels.size(); ++i) numbers[laid.labels[i]] = static_cast<int>(i);
  std::ifstream file(path);
  std::vector<int> answers;
  for (std::string line; std::getline(file, line);) {
    const auto found = numbers.find(nlohmann::json::parse(line).value("label", std::string()));
    answers.push_back(found == numbers.end() ? -1 : found->second);
  }
  require(answers.size() == laid.truth.size(), ErrorKind::kDevice,
          fmt::format("gulo gave {} answers to {} items", answers.size(), laid.truth.size()));
  return answers;
}

ChildResult run_checked(const ChildCommand& command, const char* what) {
  const ChildResult result = run_child(command);
  require(result.exit_code == 0, ErrorKind::kDevice, fmt::format("`gulo {}` ended with {}", what, result.exit_code),
          "what it said stands above");
  return result;
}

}  // namespace

Contestant run_gulo(const GuloRun& run, const LaidOutData& laid, const std::string& folder) {
  const std::string program = program_folder() + "/gulo", model = folder + "/model.gulo";
  const std::string threads = std::to_string(run.n_cores), answers = folder + "/answers.jsonl";
  std::vector<std::string> train{program,
                                 "train",
                                 laid.train_path,
                                 "-o",
                                 model,
                                 "--task",
                                 "label",
                                 "--split",
                                 "all",
                                 "--as",
                                 laid.gulo_kind,
                                 "--seed",
                                 std::to_string(run.seed),
                                 "--threads",
                                 threads,
                                 "--budget",
                                 fmt::format("{}s", run.budget_s),
                                 "--json"};
  if (!laid.label_column.empty()) train.insert(train.end(), {"--label", laid.label_column});
  const ChildResult trained =
      run_checked({.words = train, .output_path = folder + "/train.json", .n_cores = run.n_cores}, "train");
  const ChildResult predicted = run_checked(
      {.words = {program, "predict", model, laid.test_path, "-r", "--format", "jsonl", "--threads", threads},
       .output_path = answers,
       .n_cores = run.n_cores},
      "predict");
  Contestant gulo;
  gulo.name = "gulo";
  gulo.train_s = trained.wall_s;
  gulo.predict_s = predicted.wall_s;
  gulo.peak_memory_bytes = std::max(trained.peak_memory_bytes, predicted.peak_memory_bytes);
  gulo.answers = read_answers(answers, laid);
  return gulo;
}

}  // namespace gulo
