#include "compare/rival_environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/progress.h"
#include "compare/child_process.h"

namespace gulo {
namespace {

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string cache_folder() {
  std::string cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) cache = variable("HOME") + "/.cache";
  return cache + "/gulo/rivals";
}

// Where pip and venv say what went wrong.
std::string last_line(const std::string& path) {
  std::string text = file_text(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

void run_quietly(const std::vector<std::string>& words, const std::string& log_path, const std::string& what) {
  const ChildResult result = run_child({.words = words, .output_path = log_path + ".out", .error_path = log_path});
  if (result.exit_code == 0) return;
  const std::string error = last_line(log_path), said = error.empty() ? last_line(log_path + ".out") : error;
  throw Error(ErrorKind::kDevice, what + ": " + said, "the whole story: " + log_path);
}

}  // namespace

RivalEnvironment::RivalEnvironment(std::string python, const std::string& rivals_folder)
    : python_(std::move(python)), constraints_path_(rivals_folder + "/constraints.txt"), folder_(cache_folder()) {}

std::string RivalEnvironment::python_for(const Rival& rival) const {
  if (!python_.empty()) return python_;
  return rival.packages.empty() ? "python3" : install(rival);
}

std::string RivalEnvironment::install(const Rival& rival) const {
  const std::string packages = fmt::format("{}", fmt::join(rival.packages, " "));
  const std::string pins = file_text(constraints_path_), all = packages + "\n" + pins;
  // Other pins are another environment: an older gulo's rivals stay as they were.
  const std::string environment = fmt::format("{}/{:016x}", folder_, XXH3_64bits(pins.data(), pins.size()));
  const std::string python = environment + "/bin/python";
  const std::string done = fmt::format("{}/installed-{:016x}", environment, XXH3_64bits(all.data(), all.size()));
  if (std::filesystem::exists(done)) return python;
  const std::string log = environment + "/install.log";
  if (!std::filesystem::exists(python)) {
    say("rivals: making an environment in " + environment);
    std::filesystem::create_directories(environment);
    run_quietly({"python3", "-m", "venv", environment}, log, "no environment for the rivals");
  }
  say(fmt::format("rivals: installing {} for {}, once", packages, rival.name));
  std::vector<std::string> words{python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"};
  if (!pins.empty()) words.insert(words.end(), {"--constraint", constraints_path_});
  words.insert(words.end(), rival.packages.begin(), rival.packages.end());
  run_quietly(words, log, "pip could not install " + packages);
  std::ofstream(done) << packages << '\n';
  return python;
}

}  // namespace gulo
