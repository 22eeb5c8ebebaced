#include "data/corpus.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>

#include "base/expect_error.h"
#include "data/memory.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

std::string text_of(const Corpus& corpus, size_t i) {
  const auto bytes = corpus.item(i);
  return std::string(bytes.begin(), bytes.end());
}

void expect_sound(const Corpus& corpus) {
  ASSERT_EQ(corpus.offsets.size(), corpus.n_items() + 1);
  ASSERT_EQ(corpus.names.size(), corpus.n_items());
  ASSERT_EQ(corpus.content_hashes.size(), corpus.n_items());
  ASSERT_EQ(corpus.arena.size(), corpus.n_bytes() + Corpus::kArenaPadding);
  EXPECT_EQ(corpus.offsets[0], 0u);
  EXPECT_TRUE(std::is_sorted(corpus.offsets.begin(), corpus.offsets.end()));
  EXPECT_TRUE(std::all_of(corpus.arena.end() - Corpus::kArenaPadding, corpus.arena.end(),
                          [](uint8_t byte) { return byte == 0; }));
  for (size_t i = 0; i < corpus.n_items(); ++i)
    EXPECT_EQ(corpus.content_hashes[i], XXH3_64bits(corpus.item(i).data(), corpus.item(i).size()));
}

// 200 items "dN/NNN" of two labels, of 0 to 199 * 7 bytes.
class CorpusOfFiles : public testing::Test {
 protected:
  CorpusOfFiles() {
    for (int i = 0; i < 200; ++i) tree_.file(fmt::format("d{}/{:03}", i % 2, i), content(i));
  }
  static std::string content(int i) { return std::string(static_cast<size_t>(i) * 7, static_cast<char>(i)); }
  Listing list() const { return list_source(tree_.root(), {}); }

  TemporaryTree tree_;
};

TEST_F(CorpusOfFiles, HoldsEveryByteWithAnyNumberOfThreads) {
  for (const int n_threads : {1, 2, 7}) {
    const Corpus corpus = read_corpus(list(), {.n_threads = n_threads});
    expect_sound(corpus);
    ASSERT_EQ(corpus.n_items(), 200u);
    EXPECT_EQ(corpus.labels, (std::vector<std::string>{"d0", "d1"}));
    EXPECT_EQ(corpus.n_bad, 0u);
    for (size_t i = 0; i < 200; ++i) {
      const int number = static_cast<int>(i < 100 ? 2 * i : 2 * (i - 100) + 1);
      EXPECT_TRUE(text_of(corpus, i) == content(number)) << i;
      EXPECT_EQ(corpus.item_labels[i], number % 2);
      EXPECT_EQ(corpus.names[i], tree_.path(fmt::format("d{}/{:03}", number % 2, number)));
    }
  }
}

TEST_F(CorpusOfFiles, WhatVanishedShrankOrGrewSinceItWasListed) {
  const Listing listing = list();
  std::filesystem::remove(tree_.path("d0/100"));
  std::filesystem::remove(tree_.path("d1/001"));
  std::filesystem::create_directory(tree_.path("d1/001"));
  tree_.file("d0/150", "short");
  std::string grown = content(152);
  tree_.file("d0/152", grown.append("grown"));
  testing::internal::CaptureStderr();
  const Corpus corpus = read_corpus(listing, {.n_threads = 2});
  const std::string said = testing::internal::GetCapturedStderr();
  expect_sound(corpus);
  EXPECT_EQ(corpus.n_items(), 198u);
  EXPECT_EQ(corpus.n_bad, 2u);
  EXPECT_NE(said.find("2 of 200 items"), std::string::npos) << said;
  EXPECT_NE(said.find("d0/100 (cannot be opened: No such file"), std::string::npos) << said;
  EXPECT_NE(said.find("d1/001 (is a folder)"), std::string::npos) << said;
  for (size_t i = 0; i < corpus.n_items(); ++i) {
    const int number = std::stoi(corpus.names[i].substr(corpus.names[i].size() - 3));
    EXPECT_EQ(corpus.item_labels[i], number % 2);
    EXPECT_TRUE(text_of(corpus, i) == (number == 150 ? "short" : content(number))) << number;
  }
}

TEST_F(CorpusOfFiles, TooManyBadItemsAreAnErrorThatNamesThree) {
  const Listing listing = list();
  for (int i = 0; i < 5; ++i) std::filesystem::remove(tree_.path(fmt::format("d0/{:03}", 2 * i)));
  const std::string said = error_text(ErrorKind::kData, [&] { read_corpus(listing, {.n_threads = 2}); });
  EXPECT_NE(said.find("5 of 200 items"), std::string::npos) << said;
  EXPECT_NE(said.find("d0/004"), std::string::npos) << said;
  EXPECT_EQ(said.find("d0/006"), std::string::npos) << said;
  EXPECT_NE(said.find("and 2 more"), std::string::npos) << said;
  EXPECT_EQ(read_corpus(listing, {.max_bad_fraction = 0.025}).n_bad, 5u) << "exactly the allowed fraction";
}

TEST_F(CorpusOfFiles, NothingReadableIsAnErrorWhateverIsAllowed) {
  const Listing listing = list();
  std::filesystem::remove_all(tree_.path("d0"));
  std::filesystem::remove_all(tree_.path("d1"));
  error_text(ErrorKind::kData, [&] { read_corpus(listing, {.max_bad_fraction = 1}); });
}

TEST_F(CorpusOfFiles, MoreThanTheAllowedMemoryIsAnErrorWithBothNumbers) {
  const Listing listing = list();
  const uint64_t needed = read_corpus(listing, {}).arena.size();
  EXPECT_EQ(read_corpus(listing, {.memory_bytes = needed}).n_items(), 200u);
  const std::string said = error_text(ErrorKind::kDevice, [&] { read_corpus(listing, {.memory_bytes = needed / 2}); });
  EXPECT_NE(said.find("136.1 KiB"), std::string::npos) << said;
  EXPECT_NE(said.find("68.0 KiB"), std::string::npos) << said;
}

TEST_F(CorpusOfFiles, WithAFolderForItMoreLiesInAFileAndReadsTheSame) {
  const Listing listing = list();
  const Corpus in_memory = read_corpus(listing, {});
  const TemporaryTree tree;
  const CorpusOptions small{.memory_bytes = in_memory.arena.size() / 2, .spill_folder = tree.root(), .n_threads = 2};
  Corpus streamed = read_corpus(listing, small);
  ASSERT_TRUE(streamed.arena.in_file());
  EXPECT_EQ(streamed.arena, in_memory.arena);
  EXPECT_EQ(streamed.offsets, in_memory.offsets);
  append_corpus(streamed, in_memory, "more");
  for (size_t i = 0; i < in_memory.n_items(); ++i)
    EXPECT_EQ(text_of(streamed, in_memory.n_items() + i), text_of(in_memory, i));
}

TEST_F(CorpusOfFiles, AListingLargerThanTheMachineIsRefusedBeforeAnythingIsTaken) {
  Listing listing = list();
  listing.items[3].size_bytes = ~uint64_t{0} - 5;
  listing.items[4].size_bytes = ~uint64_t{0} - 5;
  error_text(ErrorKind::kDevice, [&] { read_corpus(listing, {}); });
}

TEST(Corpus, NamesAreShownAsUtf8) {
  const TemporaryTree tree;
  tree.file("a/\xFF", "1");
  tree.file("b/x", "2");
  const Corpus corpus = read_corpus(list_source(tree.root(), {}), {});
  EXPECT_EQ(corpus.names[0], tree.path("a/\\xff"));
  EXPECT_EQ(text_of(corpus, 0), "1");
}

TEST(Corpus, OnlyEmptyItems) {
  const TemporaryTree tree;
  tree.file("a/1", "");
  tree.file("b/2", "");
  const Corpus corpus = read_corpus(list_source(tree.root(), {}), {.n_threads = 2});
  expect_sound(corpus);
  EXPECT_EQ(corpus.n_items(), 2u);
  EXPECT_EQ(corpus.n_bytes(), 0u);
}

TEST_F(CorpusOfFiles, AnotherCorpusIsAppendedByLabelName) {
  const TemporaryTree more_tree;
  more_tree.file("d0/x", "one");
  more_tree.file("d1/y", "second");
  Corpus corpus = read_corpus(list(), {});
  const Corpus more = read_corpus(list_source(more_tree.root(), {}), {});
  append_corpus(corpus, more, more_tree.root());
  expect_sound(corpus);
  ASSERT_EQ(corpus.n_items(), 202u);
  EXPECT_EQ(text_of(corpus, 201), "second");
  EXPECT_EQ(corpus.item_labels[201], 1);

  more_tree.file("stranger/z", "z");
  const Corpus strange = read_corpus(list_source(more_tree.root(), {}), {});
  EXPECT_NE(error_text(ErrorKind::kData, [&] { append_corpus(corpus, strange, "v"); }).find("stranger"),
            std::string::npos);
}

TEST(FreeMemory, IsSomethingThatAMachineCanHave) {
  EXPECT_GT(free_memory_bytes(), uint64_t{16} << 20);
  EXPECT_LT(free_memory_bytes(), uint64_t{1} << 50);
}

}  // namespace
}  // namespace gulo
