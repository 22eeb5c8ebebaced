#include "compare/rival_runner.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "base/error.h"
#include "base/units.h"
#include "compare/child_process.h"

namespace gulo {
namespace {

using nlohmann::json;

// Every library for numbers that has threads asks one of these how many.
std::vector<std::pair<std::string, std::string>> thread_variables(int n_cores) {
  const std::string n = std::to_string(n_cores);
  return {{"OMP_NUM_THREADS", n},    {"OPENBLAS_NUM_THREADS", n},    {"MKL_NUM_THREADS", n}, {"NUMBA_NUM_THREADS", n},
          {"LOKY_MAX_CPU_COUNT", n}, {"OMP_WAIT_POLICY", "PASSIVE"}, {"PYTHONHASHSEED", "0"}};
}

// The last lines of what it said on standard error: where Python says why.
std::string last_words(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::vector<int> numbers_of(const json& predictions, const LaidOutData& laid) {
  std::unordered_map<std::string, int> numbers;
  for (size_t i = 0; i < laid.labels.size(); ++i) numbers[laid.labels[i]] = static_cast<int>(i);
  require(predictions.size() == laid.truth.size(), ErrorKind::kDevice,
          fmt::format("gave {} answers to {} items", predictions.size(), laid.truth.size()));
  std::vector<int> answers;
  for (const json& prediction : predictions) {
    const auto found = numbers.find(prediction.get<std::string>());
    answers.push_back(found == numbers.end() ? -1 : found->second);
  }
  return answers;
}

}  // namespace

Contestant run_rival(const Rival& rival, const RivalRun& run, const LaidOutData& laid, const std::string& folder) {
  const std::string said = folder + "/rival.txt", result_path = folder + "/rival.json";
  const std::string data = std::filesystem::path(laid.train_path).parent_path().string();
  const ChildResult result = run_child({.words = {run.python, run.rivals_folder + "/run.py", rival.path, data},
                                        .environment = thread_variables(run.n_cores),
                                        .output_path = result_path,
                                        .error_path = said,
                                        .n_cores = run.n_cores,
                                        .limit_s = run.limit_s});
  require(!result.timed_out, ErrorKind::kDevice,
          fmt::format("was not done in {} and was stopped", format_duration(run.limit_s)));
  require(result.exit_code == 0, ErrorKind::kDevice,
          result.exit_code > 128 ? fmt::format("was ended by signal {}", result.exit_code - 128) : last_words(said));
  const json facts = json::parse(std::ifstream(result_path));
  Contestant contestant;
  contestant.name = rival.name;
  contestant.code = rival.code;
  contestant.n_lines = rival.n_lines;
  contestant.preprocess_s = facts.at("preprocess_s");
  contestant.train_s = facts.at("train_s");
  contestant.predict_s = facts.at("predict_s");
  contestant.peak_memory_bytes = result.peak_memory_bytes;
  contestant.answers = numbers_of(facts.at("predictions"), laid);
  return contestant;
}

}  // namespace gulo
