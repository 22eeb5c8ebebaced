// Contestants as programs of their own: how long each ran, what memory it took, what it said.
#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace gulo {

// While it lives, SIGINT and SIGTERM are requests to stop, which run_child obeys.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct sigaction old_interrupt_, old_terminate_;
};

struct ChildCommand {
  std::vector<std::string> words;  // the program's path, or a name on PATH, and its arguments
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to this process's own
  std::string output_path = {};                                       // where its standard output goes; empty: nowhere
  std::string error_path = {};  // where its standard error goes; empty: to this process's own
  int n_cores = 0;              // > 0: it may use so many of this process's cores and no more
  double limit_s = 0;           // > 0: after so many seconds it is killed, with all that it started
};

struct ChildResult {
  int exit_code = 0;  // 128 + n where signal n ended it
  bool timed_out = false;
  double wall_s = 0;
  double peak_memory_bytes = 0;  // resident, of its largest process
};

// Runs a program to its end. Throws Error (kDevice) where it cannot be started, and (kSomeInputFailed) where this
// process was asked to stop (StopSignals) meanwhile; the program is killed then.
ChildResult run_child(const ChildCommand& command);

// Runs `work` in a copy of this process, so that the memory that it takes is not counted as a child's later (the system
// passes a process's peak on to the programs that it starts). Throws what `work` throws, as Error. To be called while
// this process has one thread.
void run_forked(const std::function<void()>& work);

}  // namespace gulo
