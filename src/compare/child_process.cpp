#include "compare/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/error.h"

namespace gulo {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kNotStarted = 127;  // what shells say too

volatile std::sig_atomic_t stop_asked = 0;

void ask_to_stop(int) { stop_asked = 1; }

void keep_first_cores(int n_cores) {
  cpu_set_t allowed, kept;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  CPU_ZERO(&kept);
  for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&kept) < n_cores; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &kept);
  sched_setaffinity(0, sizeof kept, &kept);
}

void open_as(const std::string& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(kNotStarted);
  close(file);
}

[[noreturn]] void become(const ChildCommand& command) {
  setpgid(0, 0);  // so that all that it starts can be killed with it, and the terminal's Ctrl-C is ours alone
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);
  if (command.n_cores > 0) keep_first_cores(command.n_cores);
  open_as(command.output_path.empty() ? "/dev/null" : command.output_path, STDOUT_FILENO);
  if (!command.error_path.empty()) open_as(command.error_path, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  for (const auto& [name, value] : command.environment) setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
  std::vector<char*> words;
  for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(kNotStarted);
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// An Error as it goes from a forked copy to this process.
void write_error(int pipe, ErrorKind kind, const std::string& message, const std::string& hint,
                 const std::string& path) {
  const nlohmann::json error{{"kind", static_cast<int>(kind)}, {"message", message}, {"hint", hint}, {"path", path}};
  const std::string text = error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  [[maybe_unused]] const ssize_t written = write(pipe, text.data(), text.size());
}

[[noreturn]] void work_and_exit(const std::function<void()>& work, int pipe) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  try {
    work();
  } catch (const Error& error) {
    write_error(pipe, error.kind(), error.message(), error.hint(), error.path());
  } catch (const std::bad_alloc&) {
    write_error(pipe, ErrorKind::kDevice, "out of memory", "give less data at once", "");
  } catch (const std::exception& error) {
    write_error(pipe, ErrorKind::kDevice, std::string("internal error: ") + error.what(), "", "");
  }
  std::fflush(nullptr);
  _exit(0);
}

std::string read_all(int pipe) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; (n = read(pipe, buffer.data(), buffer.size())) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0) text.append(buffer.data(), static_cast<size_t>(n));
  return text;
}

}  // namespace

StopSignals::StopSignals() {
  stop_asked = 0;
  struct sigaction action{};
  action.sa_handler = ask_to_stop;
  sigaction(SIGINT, &action, &old_interrupt_);
  sigaction(SIGTERM, &action, &old_terminate_);
}

StopSignals::~StopSignals() {
  stop_asked = 0;
  sigaction(SIGINT, &old_interrupt_, nullptr);
  sigaction(SIGTERM, &old_terminate_, nullptr);
}

ChildResult run_child(const ChildCommand& command) {
  const auto start = Clock::now();
  const pid_t child = fork();
  require(child >= 0, ErrorKind::kDevice, std::string("cannot be started: ") + std::strerror(errno), "",
          command.words[0]);
  if (child == 0) become(command);
  setpgid(child, child);
  ChildResult result;
  int status = 0;
  struct rusage usage{};
  while (wait4(child, &status, WNOHANG, &usage) == 0) {
    if (command.limit_s > 0 && !result.timed_out && seconds_since(start) > command.limit_s) {
      result.timed_out = true;
      kill(-child, SIGKILL);
    }
    if (stop_asked) {
      kill(-child, SIGKILL);
      wait4(child, &status, 0, &usage);
      throw Error(ErrorKind::kSomeInputFailed, "stopped before it was done");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  result.wall_s = seconds_since(start);
  result.exit_code = exit_code_of(status);
  result.peak_memory_bytes = static_cast<double>(usage.ru_maxrss) * 1024;
  require(result.exit_code != kNotStarted, ErrorKind::kDevice, "cannot be started", "is it installed?",
          command.words[0]);
  return result;
}

void run_forked(const std::function<void()>& work) {
  std::array<int, 2> ends{};
  require(pipe(ends.data()) == 0, ErrorKind::kDevice, std::string("no pipe: ") + std::strerror(errno));
  std::fflush(nullptr);
  const pid_t copy = fork();
  require(copy >= 0, ErrorKind::kDevice, std::string("cannot fork: ") + std::strerror(errno));
  if (copy == 0) {
    close(ends[0]);
    work_and_exit(work, ends[1]);
  }
  close(ends[1]);
  const std::string said = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(copy, &status, 0) < 0 && errno == EINTR) {
  }
  require(!stop_asked, ErrorKind::kSomeInputFailed, "stopped before it was done");
  if (said.empty()) {
    require(exit_code_of(status) == 0, ErrorKind::kDevice,
            fmt::format("reading the data ended with {}", exit_code_of(status)));
    return;
  }
  const auto error = nlohmann::json::parse(said);
  throw Error(static_cast<ErrorKind>(error.at("kind").get<int>()), error.at("message"), error.at("hint"),
              error.at("path"));
}

}  // namespace gulo
