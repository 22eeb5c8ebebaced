#include "data/table/ts_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/expect_error.h"
#include "data/table/corpus_values.h"

namespace gulo {
namespace {

constexpr const char* kHead = "# a comment\n\n@problemName X\n@timeStamps false\n@classLabel true up down\n@data\n";

Corpus read_series(const std::string& text, const TableOptions& options = {}) { return read_ts(text, "x.ts", options); }

std::string series_error(const std::string& text, const TableOptions& options = {}) {
  return error_text(ErrorKind::kData, [&] { read_series(text, options); });
}

TEST(TsFile, OneDimension) {
  const Corpus corpus = read_series(kHead + std::string("1,2.5,-3e2:up\r\n4, 5 ,6:down\n7,8,9:up"));
  ASSERT_EQ(corpus.n_items(), 3u);
  EXPECT_EQ(corpus.kind, Kind::kSamples);
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"down", "up"}));
  EXPECT_EQ(corpus.item_labels, (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(corpus.shapes[0], (ItemShape{.type = ValueType::kFloat32, .extents = {3, 1, 1}}));
  EXPECT_EQ(series_of(corpus, 0), (std::vector<float>{1, 2.5f, -300}));
  EXPECT_EQ(series_of(corpus, 1), (std::vector<float>{4, 5, 6}));
  EXPECT_EQ(corpus.names[2], "x.ts:9");
  EXPECT_EQ(corpus.arena.size(), corpus.n_bytes() + Corpus::kArenaPadding);
}

TEST(TsFile, DimensionsLengthsAndMissingValues) {
  const Corpus corpus = read_series(kHead + std::string("1,2:10,20:up\n3:30:down\n?,NaN,5:inf,6:up\n"));
  EXPECT_EQ(corpus.shapes[0].extents, (std::array<uint32_t, 3>{2, 2, 1}));
  EXPECT_EQ(series_of(corpus, 0), (std::vector<float>{1, 10, 2, 20})) << "[T, C]";
  EXPECT_EQ(series_of(corpus, 1), (std::vector<float>{3, 30}));
  const auto missing = series_of(corpus, 2);
  ASSERT_EQ(missing.size(), 6u);
  EXPECT_TRUE(std::isnan(missing[0]) && std::isnan(missing[2]));
  EXPECT_TRUE(std::isinf(missing[1]));
  EXPECT_TRUE(std::isnan(missing[5])) << "the second dimension is shorter";
}

TEST(TsFile, RowsThatAreWrongAreCounted) {
  const std::string good = kHead + std::string("1,2:up\n1,3:down\n4,4:up\n");
  expect_contains(series_error(good + "1,x:up\n"), "x.ts:10 ('x' is no number)");
  expect_contains(series_error(good + "1,2:3,4:up\n"), "has 2 dimensions, and those before it 1");
  expect_contains(series_error(good + "1,2\n"), "has no label");
  expect_contains(series_error(good + "1,2:sideways\n"), "'sideways' is not one");
  expect_contains(series_error(good + ":up\n"), "has no values");
  expect_contains(series_error(good + "1,,2:up\n"), "'' is no number");
  EXPECT_EQ(read_series(good + "1,x:up\n", {.max_bad_fraction = 0.3}).n_bad, 1u);
  const std::string equal = "@equalLength true\n@classLabel true a b\n@data\n1,2:a\n1,2:b\n1,2:a\n1:a\n";
  expect_contains(series_error(equal), "has 1 values, those before it 2");
}

TEST(TsFile, HeadsThatAreWrong) {
  expect_contains(series_error(""), "no @data");
  expect_contains(series_error("@classLabel true a b\n"), "no @data");
  expect_contains(series_error("@classLabel true a b\n1,2:a\n"), "line 2");
  expect_contains(series_error("@timeStamps true\n@classLabel true a\n@data\n(0,1):a\n"), "timestamps");
  expect_contains(series_error("@classLabel true a b\n@data\n(0,1),(1,2):a\n"), "timestamps");
  expect_contains(series_error("@classLabel false\n@data\n1,2\n"), "no labels");
  expect_contains(series_error(kHead), "no items");
}

TEST(TsFile, TheHeadSaysWhetherLabelsAreNumbers) {
  const Corpus numbers =
      read_series("@classLabel false\n@targetLabel true\n@data\n1,2:0.5\n3,4:-7\n", {.min_labels = 1});
  EXPECT_EQ(numbers.declared_task, Task::kNumber);
  EXPECT_EQ(numbers.labels, (std::vector<std::string>{"-7", "0.5"}));
  EXPECT_EQ(read_series(kHead + std::string("1,2:up\n3,4:down\n"), {.min_labels = 1}).declared_task, Task::kLabel);
}

TEST(TsFile, ForPredictionWithLabelsOrWithout) {
  const Corpus without = read_series("@classLabel false\n@data\n1,2:3,4\n", {.labelled = false});
  EXPECT_EQ(without.shapes[0].extents, (std::array<uint32_t, 3>{2, 2, 1}));
  EXPECT_EQ(without.item_labels, (std::vector<int>{-1}));
  EXPECT_EQ(read_series(kHead + std::string("1,2:up\n"), {.labelled = false}).shapes[0].extents[0], 2u);
}

TEST(TsFile, AskingForFarMoreThanTheFileHoldsIsRefused) {
  std::string values;
  for (int i = 0; i < 40000; ++i) values += "1,";
  values.back() = ':';
  expect_contains(series_error(kHead + values + std::string(40000, ':') + "up\n"), "is too large");
}

TEST(TsFile, IsKnownByItsFirstLine) {
  EXPECT_TRUE(is_ts("# x\n\n@problemName x\n"));
  EXPECT_TRUE(is_ts("\xEF\xBB\xBF@problemName x\n"));
  EXPECT_FALSE(is_ts("import { x } from 'y';\n"));
  EXPECT_FALSE(is_ts(std::string_view("G@\0\x11", 4)));
  EXPECT_FALSE(is_ts(""));
}

}  // namespace
}  // namespace gulo
