#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/progress.h"
#include "cli/commands.h"
#include "cli/fake_predictor.h"

namespace gulo {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class TestCommandTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "gulo_test_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    model_.spec.labels = {"zero", "one"};
    Progress::set_enabled(false);
  }
  void TearDown() override {
    fs::remove_all(folder_);
    Progress::set_enabled(true);
  }
  void put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  Options options() const { return {.data = {folder_.string()}, .model = "m.gulo", .threads = 2, .json = true}; }
  json test(const Options& options) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_test(options, model_, FirstDigitPredictor(2)), 0);
    complaints_ = testing::internal::GetCapturedStderr();
    const std::string text = testing::internal::GetCapturedStdout();
    return options.json ? json::parse(text) : json(text);
  }

  fs::path folder_;
  Model model_;
  std::string complaints_;
};

// The folder's labels sort as one, zero; the model's are zero, one: only matching by name gives no error.
TEST_F(TestCommandTest, MatchesLabelsByName) {
  put("zero/a", "0a");
  put("one/b", "1b");
  put("one/c", "1c");
  put("one/d", "0d");
  const json result = test(options());
  EXPECT_EQ(result["n_items"], 4);
  EXPECT_EQ(result["n_bad"], 0);
  EXPECT_DOUBLE_EQ(result["error"], 0.25);
  EXPECT_EQ(result["labels"], json({"zero", "one"}));
  EXPECT_EQ(result["confusion"], json({{1, 0}, {1, 2}}));
  for (const char* key : {"top5_error", "ece", "wall_s", "items_per_s", "bytes_per_s"})
    EXPECT_TRUE(result[key].is_number()) << key;
}

TEST_F(TestCommandTest, LabelsUnknownToTheModelCountAsWrong) {
  put("zero/a", "0a");
  put("one/b", "1b");
  put("three/c", "0c");
  put("three/d", "1d");
  const json result = test(options());
  EXPECT_DOUBLE_EQ(result["error"], 0.5);
  EXPECT_EQ(result["n_unknown_label"], 2);
  EXPECT_EQ(result["labels"].back(), "three");
  EXPECT_NE(complaints_.find("2 items count as wrong"), std::string::npos) << complaints_;
  EXPECT_NE(complaints_.find("three"), std::string::npos);
}

TEST_F(TestCommandTest, TakesTheTestPartUnlessToldOtherwise) {
  put("train/zero/a", "0a");
  put("train/one/b", "1b");
  put("test/zero/c", "1c");
  EXPECT_DOUBLE_EQ(test(options())["error"], 1);
  Options all = options();
  all.split = "all";
  EXPECT_EQ(test(all)["n_items"], 3);
  Options train = options();
  train.split = "train";
  EXPECT_DOUBLE_EQ(test(train)["error"], 0);
}

TEST_F(TestCommandTest, PeopleGetTheErrorTheWorstLabelsAndTheConfusions) {
  put("zero/a", "0a");
  put("one/b", "0b");
  Options text = options();
  text.json = false;
  const std::string said = test(text).get<std::string>();
  EXPECT_NE(said.find("50.00 %"), std::string::npos) << said;
  EXPECT_NE(said.find("one taken for zero"), std::string::npos) << said;
  EXPECT_NE(said.find("wrong of 1"), std::string::npos) << said;
}

TEST_F(TestCommandTest, WritesTheReport) {
  put("data/zero/a", "0a");
  put("data/one/b", "0b");
  Options report = options();
  report.data = {(folder_ / "data").string()};
  report.report = (folder_ / "report.html").string();
  test(report);
  std::ifstream file(report.report);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find("<html"), std::string::npos);
  EXPECT_NE(page.find("zero"), std::string::npos);
}

TEST_F(TestCommandTest, AnAbsentFolderIsADataError) {
  Options absent = options();
  absent.data = {(folder_ / "absent").string()};
  try {
    run_test(absent, model_, FirstDigitPredictor(2));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
  }
}

TEST_F(TestCommandTest, ARecogniserOfTextFindsItsColumn) {
  model_.spec.columns = {"text"};
  put("t.jsonl",
      "{\"text\":\"0\",\"label\":\"zero\"}\n{\"text\":\"1\",\"label\":\"one\"}\n{\"text\":\"1\",\"label\":\"zero\"}\n");
  Options asked = options();
  asked.data = {(folder_ / "t.jsonl").string()};
  EXPECT_NEAR(test(asked)["error"].get<double>(), 1. / 3, 1e-9);
  put("zero/a", "0");
  put("one/b", "1");
  EXPECT_EQ(test(options())["n_items"], 2) << "a folder of texts";
}

}  // namespace
}  // namespace gulo
