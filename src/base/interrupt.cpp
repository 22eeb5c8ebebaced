#include "base/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

namespace gulo {

namespace {

volatile std::sig_atomic_t signal_seen = 0;

// Only what is allowed in a signal handler: a flag, signal() and write().
void on_signal(int) {
  signal_seen = 1;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  constexpr std::string_view kText = "\ngulo: ending, the best so far is kept; once more stops at once\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText.data(), kText.size());
}

}  // namespace

void catch_interrupts() {
  signal_seen = 0;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() { return signal_seen != 0; }

}  // namespace gulo
