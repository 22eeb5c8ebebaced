#include "data/arena.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "base/expect_error.h"
#include "base/process_clock.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

std::vector<uint8_t> some_bytes(size_t n) {
  std::vector<uint8_t> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
  return bytes;
}

// Of all files that the process has mapped (third number of /proc/self/statm, man 5 proc).
size_t mapped_bytes_in_memory() {
  std::ifstream file("/proc/self/statm");
  size_t size = 0, resident = 0, of_files = 0;
  file >> size >> resident >> of_files;
  return of_files * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Arena, GrowsAtItsEndAndIsZeroWhereNothingWasWritten) {
  Arena arena;
  const std::vector<uint8_t> bytes = some_bytes(10'000);
  arena.append(bytes);
  arena.insert(arena.end(), bytes.begin(), bytes.begin() + 3);
  arena.push_back(9);
  arena.resize(20'000);
  EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), arena.begin()));
  EXPECT_EQ(arena[10'002], bytes[2]);
  EXPECT_EQ(arena[10'003], 9);
  EXPECT_EQ(std::accumulate(arena.begin() + 10'004, arena.end(), 0), 0);
  arena.resize(10);
  arena.resize(20);
  EXPECT_EQ(std::accumulate(arena.begin() + 10, arena.end(), 0), 0);
  EXPECT_FALSE(arena.in_file());
}

TEST(Arena, CopiesAndMovesAreEqual) {
  Arena arena;
  arena.append(some_bytes(100));
  Arena copy = arena;
  EXPECT_EQ(copy, arena);
  copy[5] ^= 1;
  EXPECT_FALSE(copy == arena);
  const Arena moved = std::move(copy);
  EXPECT_EQ(moved.size(), 100u);
}

TEST(Arena, GoesToAFileWithoutANameAboveTheLimit) {
  const TemporaryTree tree;
  Arena arena({.memory_bytes = 2 * kMiB, .folder = tree.root()});
  const std::vector<uint8_t> bytes = some_bytes(kMiB + 1);
  arena.append(bytes);
  EXPECT_FALSE(arena.in_file());
  arena.append(bytes);
  EXPECT_TRUE(arena.in_file());
  arena.append(bytes);
  ASSERT_EQ(arena.size(), 3 * (kMiB + 1));
  for (size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), arena.begin() + static_cast<std::ptrdiff_t>(i * (kMiB + 1))));
  EXPECT_TRUE(std::filesystem::is_empty(tree.root()));
}

TEST(Arena, NoFolderOrNoRoomIsAnErrorWithTheNumbers) {
  const std::string without = error_text(ErrorKind::kDevice, [] { Arena({.memory_bytes = kMiB}).resize(3 * kMiB); });
  EXPECT_NE(without.find("3.0 MiB"), std::string::npos) << without;
  const TemporaryTree tree;
  const auto grow_to = [&](size_t n) { Arena({.memory_bytes = kMiB, .folder = tree.root()}).resize(n); };
  const std::string full = error_text(ErrorKind::kDevice, [&] { grow_to(size_t{1} << 60); });
  EXPECT_NE(full.find("does not fit"), std::string::npos) << full;
  error_text(ErrorKind::kDevice, [&] { grow_to(SIZE_MAX - 5); });
  error_text(ErrorKind::kDevice,
             [&] { Arena({.memory_bytes = kMiB, .folder = tree.path("absent")}).resize(3 * kMiB); });
}

// Resident memory of a file's mapping counts like any other in what the process had at most.
TEST(Arena, OnlyPartOfAFileIsInMemory) {
  const TemporaryTree tree;
  Arena arena({.memory_bytes = 8 * kMiB, .folder = tree.root()});
  const std::vector<uint8_t> bytes = some_bytes(kMiB);
  const double before = peak_memory_bytes();
  for (size_t i = 0; i < 128; ++i) arena.append(bytes);
  uint64_t sum = 0;
  for (size_t i = 0; i < 128; ++i) {
    arena.expect(i * kMiB, (i + 1) * kMiB);
    sum = std::accumulate(arena.begin() + i * kMiB, arena.begin() + (i + 1) * kMiB, sum);
    arena.looked_at(kMiB);
  }
  EXPECT_EQ(sum, 128 * std::accumulate(bytes.begin(), bytes.end(), uint64_t{0}));
  EXPECT_LT(peak_memory_bytes() - before, 32.0 * kMiB);
}

// A look at a few bytes may map a good deal around them.
TEST(Arena, LooksHereAndThereKeepToTheLimit) {
  const TemporaryTree tree;
  Arena arena({.memory_bytes = 16 * kMiB, .folder = tree.root()});
  const std::vector<uint8_t> bytes = some_bytes(kMiB);
  arena.resize(96 * kMiB);
  for (size_t i = 0; i < 96; ++i) std::ranges::copy(bytes, arena.begin() + i * kMiB);
  arena.looked_at(16 * kMiB);
  const size_t before = mapped_bytes_in_memory();
  size_t most = before;
  for (size_t i = 0, at = 0; i < 200; ++i, at = (at + 37 * kMiB + 4096) % (96 * kMiB)) {
    arena.looked_at(1);
    EXPECT_EQ(arena[at], bytes[at % kMiB]);
    most = std::max(most, mapped_bytes_in_memory());
  }
  EXPECT_LE(most - before, 16 * kMiB);
}

TEST(Arena, DiscardingLeavesTheRest) {
  const TemporaryTree tree;
  for (const uint64_t limit : {kMiB, 100 * kMiB}) {
    Arena arena({.memory_bytes = limit, .folder = tree.root()});
    const std::vector<uint8_t> bytes = some_bytes(2 * kMiB);
    arena.append(bytes);
    arena.discard(0, kMiB + 5);
    EXPECT_EQ(arena[0], 0);
    EXPECT_TRUE(std::equal(bytes.begin() + kMiB + 5, bytes.end(), arena.begin() + kMiB + 5));
  }
}

}  // namespace
}  // namespace gulo
