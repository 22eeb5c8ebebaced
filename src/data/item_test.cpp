#include "data/item.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

std::string text_of(const PaddedBytes& item) {
  return std::string(reinterpret_cast<const char*>(item.storage.data()), item.size_bytes);
}

void expect_zero_padding(const PaddedBytes& item) {
  ASSERT_GE(item.storage.size(), item.size_bytes + kItemPadding);
  const auto end = item.storage.begin() + static_cast<std::ptrdiff_t>(item.size_bytes);
  EXPECT_TRUE(std::all_of(end, end + kItemPadding, [](uint8_t byte) { return byte == 0; }));
}

std::string pattern(size_t n_bytes) {
  std::string text(n_bytes, 0);
  for (size_t i = 0; i < n_bytes; ++i) text[i] = static_cast<char>(i * 2654435761u >> 13);
  return text;
}

TEST(ReadItem, AnySizeWithZeroPadding) {
  const TemporaryTree tree;
  for (const size_t n_bytes : {0ul, 1ul, 63ul, 64ul, 65ul, 4095ul, 65536ul, 65537ul, 3000001ul}) {
    const PaddedBytes item = read_item(tree.file("f", pattern(n_bytes)));
    EXPECT_TRUE(text_of(item) == pattern(n_bytes)) << n_bytes;
    EXPECT_EQ(item.storage.size(), n_bytes + kItemPadding);
    expect_zero_padding(item);
  }
}

TEST(ReadItem, StorageIsUsedAgainAndHoldsNothingOfTheItemBefore) {
  const TemporaryTree tree;
  PaddedBytes item;
  read_item_into(tree.file("long", pattern(200000)), item);
  const uint8_t* const storage = item.storage.data();
  for (const size_t n_bytes : {100ul, 0ul, 199999ul, 7ul}) {
    read_item_into(tree.file("short", pattern(n_bytes)), item);
    EXPECT_TRUE(text_of(item) == pattern(n_bytes)) << n_bytes;
    EXPECT_EQ(item.storage.data(), storage);
    expect_zero_padding(item);
  }
}

TEST(ReadItem, AFileWhoseSizeTheSystemDoesNotKnow) {
  const PaddedBytes item = read_item("/proc/self/status");
  EXPECT_NE(text_of(item).find("Threads:"), std::string::npos);
  expect_zero_padding(item);
}

TEST(ReadItem, FoldersDevicesSocketsAndAbsentFilesAreErrorsThatNameThem) {
  const TemporaryTree tree;
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_item(tree.root()); }).find("-r"), std::string::npos);
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_item("/dev/zero"); }).find("/dev/zero"), std::string::npos);
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_item(tree.path("none")); }).find("No such file"),
            std::string::npos);
  ASSERT_TRUE(tree.socket_file("socket"));
  error_text(ErrorKind::kData, [&] { read_item(tree.path("socket")); });
}

TEST(ReadItem, ANamedPipeIsReadToItsEndHoweverSlowlyItGrows) {
  const TemporaryTree tree;
  const std::string path = tree.path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const std::string whole = pattern(300000);
  std::thread writer([&] {
    const int pipe = open(path.c_str(), O_WRONLY);
    for (size_t at = 0; at < whole.size();) {
      std::this_thread::sleep_for(std::chrono::milliseconds(at == 0 ? 30 : 1));
      const ssize_t n = write(pipe, whole.data() + at, std::min<size_t>(50000, whole.size() - at));
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
    close(pipe);
  });
  const PaddedBytes item = read_item(path);
  writer.join();
  EXPECT_TRUE(text_of(item) == whole);
  expect_zero_padding(item);
}

TEST(ReadItem, StandardInput) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const int before = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  ASSERT_EQ(write(ends[1], "from a pipe", 11), 11);
  close(ends[1]);
  const PaddedBytes item = read_item("-");
  dup2(before, STDIN_FILENO);
  close(before);
  close(ends[0]);
  EXPECT_EQ(text_of(item), "from a pipe");
  expect_zero_padding(item);
}

TEST(ReadItem, NamesOfAnyBytes) {
  const TemporaryTree tree;
  for (const std::string name : {"\xFF\xFE", "new\nline", " ", "caf\xE9", "-"})
    EXPECT_EQ(text_of(read_item(tree.file(name, name))), name);
}

TEST(ReadRegularFile, FillsTheSlotAndNoMore) {
  const TemporaryTree tree;
  const std::string path = tree.file("f", "0123456789");
  std::vector<uint8_t> slot(12, '?');
  EXPECT_EQ(read_regular_file(path, std::span(slot).first(4)), 4u);
  EXPECT_EQ(std::string(slot.begin(), slot.end()), "0123????????");
  EXPECT_EQ(read_regular_file(path, slot), 10u);
  EXPECT_EQ(std::string(slot.begin(), slot.end()), "0123456789??");
  ASSERT_EQ(mkfifo(tree.path("pipe").c_str(), 0600), 0);
  error_text(ErrorKind::kData, [&] { read_regular_file(tree.path("pipe"), slot); });
}

}  // namespace
}  // namespace gulo
