#include "compare/laid_out_data.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "base/expect_error.h"
#include "data/table/table_file.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::multiset<std::string> contents_below(const std::string& folder) {
  std::multiset<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) all.insert(content(entry.path()));
  return all;
}

TEST(LayOut, TakesAFifthOfEachLabelAndHidesTheLabels) {
  const TemporaryTree data, out;
  for (int i = 0; i < 20; ++i)
    for (const char* label : {"ham", "spam"})
      data.file(fmt::format("{}/{}", label, i), fmt::format("{} {}\n", label, i));
  const LaidOutData laid = lay_out(data.root(), {}, out.root());
  EXPECT_TRUE(laid.own_split);
  EXPECT_EQ(laid.rival_kind, "text");
  EXPECT_EQ(laid.gulo_kind, "bytes");
  EXPECT_EQ(laid.labels, (std::vector<std::string>{"ham", "spam"}));
  EXPECT_EQ(laid.n_train, 32u);
  ASSERT_EQ(laid.truth.size(), 8u);
  EXPECT_EQ(std::ranges::count(laid.truth, 0), 4);

  // Files of the test part lie side by side, in the order of `truth`.
  std::vector<fs::path> files(fs::directory_iterator(laid.test_path), {});
  std::ranges::sort(files);
  ASSERT_EQ(files.size(), 8u);
  for (size_t i = 0; i < files.size(); ++i)
    EXPECT_TRUE(content(files[i]).starts_with(laid.labels[static_cast<size_t>(laid.truth[i])]));
  // Nothing else is there, and nothing is lost.
  auto all = contents_below(laid.train_path);
  all.merge(contents_below(laid.test_path));
  EXPECT_EQ(all.size(), 40u);
  EXPECT_EQ(contents_below(out.root()), all);
}

TEST(LayOut, KeepsEqualContentsOnOneSide) {
  const TemporaryTree data, out;
  for (int i = 0; i < 40; ++i)
    for (const char* label : {"a", "b"})
      data.file(fmt::format("{}/{}", label, i), fmt::format("{} {}\n", label, i / 4));
  const LaidOutData laid = lay_out(data.root(), {}, out.root());
  const auto test = contents_below(laid.test_path);
  EXPECT_FALSE(test.empty());
  for (const std::string& text : contents_below(laid.train_path)) EXPECT_FALSE(test.contains(text)) << text;
}

TEST(LayOut, TakesPartsAsTheyAre) {
  const TemporaryTree data, out;
  for (int i = 0; i < 3; ++i)
    for (const char* label : {"a", "b"}) data.file(fmt::format("train/{}/{}", label, i), fmt::format("{}{}", label, i));
  data.file("test/b/0", std::string("\0\1\2", 3));
  data.file("test/c/0", "of no known label");
  const LaidOutData laid = lay_out(data.root(), {}, out.root());
  EXPECT_FALSE(laid.own_split);
  EXPECT_EQ(laid.n_train, 6u);
  EXPECT_EQ(laid.truth, (std::vector<int>{1, 2}));
  EXPECT_EQ(laid.labels.size(), 2u);
}

TEST(LayOut, WritesTablesThatReadBack) {
  const TemporaryTree data, out;
  data.file("train.csv", "size,label,colour\n1,yes,\"red, dark\"\n,no, ?\n3,yes,\"a \"\"b\"\"\"\n4.5,no,\n");
  data.file("test.csv", "size,label,colour\n2,no.,green\n7,yes,x\n");
  const LaidOutData laid = lay_out(data.root(), {}, out.root());
  EXPECT_EQ(laid.rival_kind, "cells");
  EXPECT_EQ(content(laid.train_path),
            "size,colour,label\n1,\"red, dark\",yes\n, ?,no\n3,\"a \"\"b\"\"\",yes\n4.5,,no\n");
  EXPECT_EQ(content(laid.test_path), "size,colour\n2,green\n7,x\n");
  EXPECT_EQ(laid.truth, (std::vector<int>{0, 1}));  // "no." is taken for "no"
  const Corpus original = read_table_file(data.path("train.csv"), {});
  const Corpus copy = read_table_file(laid.train_path, {.label_column = laid.label_column});
  EXPECT_EQ(original.arena, copy.arena);
  EXPECT_EQ(original.item_labels, copy.item_labels);
}

TEST(LayOut, WritesSeriesThatReadBack) {
  const TemporaryTree data, out;
  const std::string head = "@problemName x\n@classLabel true up down\n@data\n";
  data.file("X_TRAIN.ts", head + "1,2.5,-1e-7:0.1,?,3:up\n4,5:6,7:down\n1,1,1:2,2,2:down\n");
  data.file("X_TEST.ts", head + "3:4:down\n");
  const LaidOutData laid = lay_out(data.root(), {}, out.root());
  EXPECT_EQ(laid.rival_kind, "series");
  EXPECT_EQ(laid.gulo_kind, "samples");
  const Corpus original = read_table_file(data.path("X_TRAIN.ts"), {}), copy = read_table_file(laid.train_path, {});
  EXPECT_EQ(original.arena, copy.arena);
  EXPECT_EQ(original.shapes, copy.shapes);
  EXPECT_EQ(original.labels, copy.labels);
  EXPECT_EQ(read_table_file(laid.test_path, {.min_labels = 0, .labelled = false}).n_items(), 1u);
  EXPECT_EQ(content(laid.test_path).find("down"), std::string::npos);
}

TEST(LayOut, PassesErrorsOn) {
  const TemporaryTree out;
  const auto text = error_text(ErrorKind::kData, [&] { lay_out("/nowhere/at/all", {}, out.root()); });
  EXPECT_NE(text.find("/nowhere/at/all"), std::string::npos) << text;
}

TEST(PlainLabels, AreNumbersWhereOneCannotBeAName) {
  EXPECT_EQ(plain_labels({"a", "<=50K", "-1.0"}), (std::vector<std::string>{"a", "<=50K", "-1.0"}));
  for (const char* odd : {"a/b", "..", "", "a b", "x:y", "a,b", "\xff", "a\n"})
    EXPECT_EQ(plain_labels({"a", odd}), (std::vector<std::string>{"0", "1"})) << odd;
}

}  // namespace
}  // namespace gulo
