#include <fmt/core.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/fake_predictor.h"

namespace gulo {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class PredictTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gulo_predict_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    model_.spec.labels = {"zero", "one", "two"};
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  // Standard output; the exit code goes to exit_code_, standard error to complaints_.
  std::string predict(const Options& options) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    exit_code_ = run_predict(options, model_, FirstDigitPredictor(3));
    complaints_ = testing::internal::GetCapturedStderr();
    return testing::internal::GetCapturedStdout();
  }

  fs::path folder_;
  Model model_;
  int exit_code_ = -1;
  std::string complaints_;
};

TEST_F(PredictTest, AnswersInTheOrderGiven) {
  const std::string a = put("a", "2x"), b = put("b", "0x"), c = put("c", "");
  EXPECT_EQ(predict({.data = {b, a, c}}), b + ": zero 0.965\n" + a + ": two 0.965\n" + c + ": zero 0.965\n");
  EXPECT_EQ(exit_code_, 0);
}

TEST_F(PredictTest, ManyFilesOnManyThreadsKeepTheirOrder) {
  Options options{.threads = 5, .format = "json"};
  for (int i = 0; i < 500; ++i) options.data.push_back(put(fmt::format("f{}", i), std::string(1, char('0' + i % 3))));
  const json array = json::parse(predict(options));
  ASSERT_EQ(array.size(), 500u);
  for (size_t i = 0; i < 500; ++i) {
    EXPECT_EQ(array[i]["path"], options.data[i]);
    EXPECT_EQ(array[i]["label"], model_.spec.labels[i % 3]);
  }
}

TEST_F(PredictTest, WhatCannotBeReadIsReportedAndTheRestGoesOn) {
  const std::string a = put("a", "1"), absent = (folder_ / "absent").string(), folder = folder_.string();
  const json array = json::parse(predict({.data = {absent, a, folder}, .format = "json"}));
  EXPECT_EQ(exit_code_, 1);
  EXPECT_TRUE(array[0].contains("error"));
  EXPECT_FALSE(array[0].contains("label"));
  EXPECT_EQ(array[1]["label"], "one");
  EXPECT_TRUE(array[2].contains("error"));
  EXPECT_NE(complaints_.find("gulo: " + absent), std::string::npos);
  EXPECT_NE(complaints_.find("-r"), std::string::npos);
}

TEST_F(PredictTest, RecursesIntoFolders) {
  const std::string b = put("sub/b", "1"), a = put("sub/a", "2"), c = put("sub/deep/c", "0");
  const std::string text = predict({.data = {(folder_ / "sub").string()}, .recursive = true, .format = "csv"});
  EXPECT_EQ(text, "path,label,probability\n" + a + ",two,0.964663\n" + b + ",one,0.964663\n" + c + ",zero,0.964663\n");
}

TEST_F(PredictTest, AnEmptyFolderIsNoAnswerAndNoError) {
  EXPECT_EQ(json::parse(predict({.data = {folder_.string()}, .recursive = true, .format = "json"})), json::array());
  EXPECT_EQ(exit_code_, 0);
  EXPECT_NE(complaints_, "");
}

TEST_F(PredictTest, TopIsCutToTheNumberOfLabels) {
  const json line = json::parse(predict({.data = {put("a", "1")}, .top = 100, .format = "jsonl"}));
  ASSERT_EQ(line["top"].size(), 3u);
  EXPECT_EQ(line["top"][0]["label"], "one");
}

TEST_F(PredictTest, ARecogniserOfTextAnswersForEachRowOfATable) {
  model_.spec.columns = {"text"};
  const std::string table = put("new.csv", "id,text\n7,\"1, a\nb\"\n8,0\n"),
                    lines = put("new.jsonl", "{\"text\": \"2x\"}\n");
  const std::string plain = put("plain.txt", "1");
  EXPECT_EQ(predict({.data = {table, lines, plain}}), table + ":2: one 0.965\n" + table + ":4: zero 0.965\n" + lines +
                                                          ":1: two 0.965\n" + plain + ": one 0.965\n");
  EXPECT_EQ(exit_code_, 0);
  const std::string digits = put("ids.csv", "id,text\n1,a\n2,b\n");
  EXPECT_EQ(predict({.data = {digits}, .column = "id"}), digits + ":2: one 0.965\n" + digits + ":3: two 0.965\n");
  const std::string other = put("other.csv", "a,b\n1,2\n3,4\n");
  EXPECT_NE(predict({.data = {other}, .format = "jsonl"}).find("trained with text"), std::string::npos);
  EXPECT_EQ(exit_code_, 1);
}

TEST_F(PredictTest, ARecogniserOfFilesTakesATableWhole) {
  const std::string table = put("new.csv", "1,text\n7,x\n");
  EXPECT_EQ(predict({.data = {table}}), table + ": one 0.965\n");
}

}  // namespace
}  // namespace gulo
