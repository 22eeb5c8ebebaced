#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace gulo {
namespace {

TEST(Threads, EveryIndexOnceWhateverTheSizes) {
  for (const size_t n : {size_t{0}, size_t{1}, size_t{7}, size_t{1000}})
    for (const int n_threads : {0, 1, 3, 64})
      for (const size_t chunk : {size_t{0}, size_t{1}, size_t{10}, size_t{5000}}) {
        std::vector<std::atomic<int>> calls(n);
        parallel_for(n, n_threads, chunk, [&](size_t i, int) { ++calls[i]; });
        for (const auto& count : calls) ASSERT_EQ(count, 1) << n << " " << n_threads << " " << chunk;
      }
}

TEST(Threads, ThreadNumbersNeverMeet) {
  constexpr int kThreads = 4;
  std::vector<std::atomic<bool>> busy(kThreads);
  std::atomic<int> meetings = 0;
  parallel_for(2000, kThreads, 3, [&](size_t, int thread) {
    ASSERT_GE(thread, 0);
    ASSERT_LT(thread, kThreads);
    if (busy[static_cast<size_t>(thread)].exchange(true)) ++meetings;
    busy[static_cast<size_t>(thread)] = false;
  });
  EXPECT_EQ(meetings, 0);
}

TEST(Threads, AnExceptionEndsTheWorkAndArrives) {
  std::atomic<size_t> n_calls = 0;
  const auto work = [&](size_t i, int) {
    ++n_calls;
    if (i == 10) throw std::runtime_error("ten");
  };
  EXPECT_THROW(parallel_for(1000000, 2, 1, work), std::runtime_error);
  EXPECT_LT(n_calls, 1000000u);
}

TEST(Threads, OneThreadIsTheCaller) {
  const auto caller = std::this_thread::get_id();
  parallel_for(10, 1, 2, [&](size_t, int) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(Threads, ThereIsAtLeastOne) { EXPECT_GE(available_threads(), 1); }

}  // namespace
}  // namespace gulo
