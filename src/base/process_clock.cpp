#include "base/process_clock.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

namespace gulo {

namespace {

double since_boot_s() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Field 22 of /proc/self/stat, in clock ticks since boot (man 5 proc); the name in field 2 may hold spaces.
double start_s() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double ticks = fields ? std::stod(field) : -1;
  return ticks >= 0 ? ticks / static_cast<double>(sysconf(_SC_CLK_TCK)) : since_boot_s();
}

}  // namespace

double seconds_since_process_start() {
  static const double start = start_s();
  return since_boot_s() - start;
}

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

}  // namespace gulo
