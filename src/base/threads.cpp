#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gulo {

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  std::ifstream file("/sys/fs/cgroup/cpu.max");  // "QUOTA PERIOD" in microseconds, or "max PERIOD"
  std::string quota;
  double period_us = 0;
  if (file >> quota >> period_us && quota != "max" && period_us > 0)
    cores = std::min(cores, static_cast<int>(std::lround(std::stod(quota) / period_us)));
  return std::max(1, cores);
}

void parallel_for(size_t n, int n_threads, size_t chunk, const std::function<void(size_t, int)>& body) {
  chunk = std::max<size_t>(1, chunk);
  n_threads = static_cast<int>(std::min<size_t>(std::max(1, n_threads), (n + chunk - 1) / chunk));
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](int thread) {
    try {
      for (size_t begin; (begin = next.fetch_add(chunk)) < n;)
        for (size_t i = begin; i < std::min(n, begin + chunk); ++i) body(i, thread);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
      next = n;
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < n_threads; ++t) threads.emplace_back(work, t);
  work(0);
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace gulo
