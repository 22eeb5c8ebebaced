#include "data/memory.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace gulo {

namespace {

constexpr uint64_t kUnknown = ~uint64_t{0};

uint64_t machine_bytes() {
  std::ifstream file("/proc/meminfo");  // "MemAvailable:   12345 kB"
  std::string key;
  for (uint64_t kib = 0; file >> key >> kib; file.ignore(64, '\n'))
    if (key == "MemAvailable:") return kib * 1024;
  return kUnknown;
}

// Version 2 of control groups; inside a container its own group is the root.
uint64_t control_group_bytes() {
  std::ifstream limit_file("/sys/fs/cgroup/memory.max"), used_file("/sys/fs/cgroup/memory.current");
  uint64_t limit = 0, used = 0;
  if (!(limit_file >> limit) || !(used_file >> used)) return kUnknown;
  return limit > used ? limit - used : 0;
}

}  // namespace

uint64_t free_memory_bytes() { return std::min(machine_bytes(), control_group_bytes()); }

}  // namespace gulo
