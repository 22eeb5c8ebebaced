#include "data/decoder.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes text(const std::string& content) { return {content.begin(), content.end()}; }
// A grey picture of 2 x 3 pixels, all of one value.
Bytes picture(char value) { return text("P5 3 2 255\n" + std::string(6, value)); }
// A run of zeros as 8 kHz AU sound: 16 bits, one channel.
Bytes sound(uint8_t n_samples) {
  Bytes file = text(".snd");
  for (const uint8_t word : {24, 2 * n_samples, 3, 8000, 1}) file.insert(file.end(), {0, 0, 0, word});
  file[16] = file[17] = 0, file[18] = 0x1f, file[19] = 0x40;
  file.insert(file.end(), size_t{2} * n_samples, 0);
  return file;
}

Corpus files(const std::vector<std::pair<Bytes, int>>& items) {
  Corpus corpus;
  corpus.labels = {"a", "b"};
  for (const auto& [bytes, label] : items) {
    corpus.arena.insert(corpus.arena.end(), bytes.begin(), bytes.end());
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(label);
    corpus.names.push_back("file" + std::to_string(corpus.names.size()));
    corpus.content_hashes.push_back(corpus.names.size());
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

TEST(GuessKind, ContentsTellAndMajoritiesRule) {
  const Corpus pictures = files({{picture(1), 0}, {picture(2), 1}, {picture(3), 0}});
  EXPECT_EQ(guess_kind(pictures).kind, Kind::kPixels);
  EXPECT_EQ(guess_kind(pictures).formats, "PNM");
  EXPECT_EQ(guess_kind(files({{text("hello"), 0}, {text("there"), 1}})).kind, Kind::kBytes);

  std::vector<std::pair<Bytes, int>> mixed(7, {picture(1), 0});
  mixed.resize(10, {text("no picture"), 1});
  const KindGuess guess = guess_kind(files(mixed));
  EXPECT_EQ(guess.kind, Kind::kBytes);
  EXPECT_NE(guess.remark.find("70.00 % of the files are pictures (PNM)"), std::string::npos) << guess.remark;
}

TEST(GuessKind, LabelsThatAreFormatsAreToldApartByBytes) {
  const Bytes bitmap = text("P4 8 1\n\x55"), gif = text("GIF89a\1\0\1\0\0\0\0;");
  const KindGuess guess = guess_kind(files({{bitmap, 0}, {gif, 1}, {bitmap, 0}, {gif, 1}}));
  EXPECT_EQ(guess.kind, Kind::kBytes);
  EXPECT_NE(guess.remark.find("file format of its own"), std::string::npos) << guess.remark;
  EXPECT_EQ(guess_kind(files({{bitmap, 0}, {gif, 1}, {gif, 0}, {bitmap, 1}})).kind, Kind::kPixels);
}

TEST(DecodeCorpus, ValuesShapesLabelsAndNamesStayTogether) {
  const Corpus corpus = decode_corpus(files({{picture(7), 1}, {text("P2 1 1 9 4"), 0}, {picture(9), 1}}), Kind::kPixels,
                                      {.n_threads = 2}, "DATA");
  ASSERT_EQ(corpus.n_items(), 3u);
  EXPECT_EQ(corpus.kind, Kind::kPixels);
  EXPECT_EQ(corpus.view(0).shape.extents, (std::array<uint32_t, 3>{2, 3, 1}));
  EXPECT_EQ(corpus.view(2).bytes[5], 9);
  EXPECT_EQ(corpus.item_labels, (std::vector{1, 0, 1}));
  EXPECT_NE(corpus.content_hashes[0], corpus.content_hashes[2]);
  EXPECT_EQ(corpus.arena.size(), corpus.n_bytes() + Corpus::kArenaPadding);
}

TEST(DecodeCorpus, WhatCannotBeReadIsCountedAndTooMuchOfItIsAnError) {
  std::vector<std::pair<Bytes, int>> items(9, {picture(1), 0});
  items.push_back({text("P5 3 2 255\nab"), 1});
  const Corpus corpus = decode_corpus(files(items), Kind::kPixels, {.max_bad_fraction = 0.2, .n_threads = 1}, "DATA");
  EXPECT_EQ(corpus.n_items(), 9u);
  EXPECT_EQ(corpus.n_bad, 1u);
  const std::string text =
      error_text(ErrorKind::kData, [&] { decode_corpus(files(items), Kind::kPixels, {.n_threads = 1}, "DATA"); });
  EXPECT_NE(text.find("1 of 10 items cannot be read: file9"), std::string::npos) << text;
}

TEST(DecodeCorpus, MemoryIsBounded) {
  const std::string text = error_text(ErrorKind::kDevice, [] {
    decode_corpus(files({{picture(1), 0}, {picture(2), 1}}), Kind::kPixels, {.memory_bytes = 8, .n_threads = 1},
                  "DATA");
  });
  EXPECT_NE(text.find("and 8 B of memory may be used"), std::string::npos) << text;
}

TEST(DecodeCorpus, WhatDoesNotFitLiesInAFileAndReadsTheSame) {
  std::vector<std::pair<Bytes, int>> items;
  for (int i = 0; i < 500; ++i) items.push_back({picture(static_cast<char>(i)), i % 2});
  const TemporaryTree tree;
  const Corpus in_memory = decode_corpus(files(items), Kind::kPixels, {.n_threads = 2}, "data");
  const Corpus streamed = decode_corpus(files(items), Kind::kPixels,
                                        {.memory_bytes = 1000, .spill_folder = tree.root(), .n_threads = 2}, "data");
  EXPECT_FALSE(in_memory.arena.in_file());
  EXPECT_TRUE(streamed.arena.in_file());
  EXPECT_EQ(streamed.arena, in_memory.arena);
  EXPECT_EQ(streamed.offsets, in_memory.offsets);
  EXPECT_EQ(streamed.content_hashes, in_memory.content_hashes);
  EXPECT_EQ(streamed.shapes, in_memory.shapes);
}

TEST(DecodeItem, SaysWhatAFileIsInstead) {
  EXPECT_TRUE(error_text(ErrorKind::kData, [] {
                decode_item(text("hello"), Kind::kSamples);
              }).starts_with("is of no format that is read as samples"));
  EXPECT_EQ(error_text(ErrorKind::kData, [] { decode_item(sound(4), Kind::kPixels); }),
            "is AU, which is read as samples, not as pixels");
  EXPECT_EQ(decode_item(text("hello"), Kind::kBytes).shape.extents[0], 5u);
}

}  // namespace
}  // namespace gulo
