#include "base/process_clock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

namespace gulo {
namespace {

TEST(ProcessClock, RunsWithTheWallClock) {
  const double before = seconds_since_process_start();
  EXPECT_GE(before, 0);
  EXPECT_LT(before, 3600) << "a test does not run that long";
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  EXPECT_GE(seconds_since_process_start() - before, 0.05);
}

TEST(ProcessClock, PeakMemoryGrowsWithUse) {
  const double before = peak_memory_bytes();
  const std::vector<char> block(size_t{64} << 20, 'x');
  EXPECT_GT(peak_memory_bytes() - before + block[5] - 'x', 32e6);
}

}  // namespace
}  // namespace gulo
