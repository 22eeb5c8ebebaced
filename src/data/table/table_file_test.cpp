#include "data/table/table_file.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

constexpr const char* kRows = "a,b,label\n1,2,x\n3,4,y\n5,6,x\n";

TEST(TableFile, IsKnownByNameAndContent) {
  const TemporaryTree tree;
  EXPECT_TRUE(is_table_file(tree.file("t.csv", kRows)));
  EXPECT_TRUE(is_table_file(tree.file("t.TSV", "1\t2\n")));
  EXPECT_TRUE(is_table_file(tree.file("t.ts", "@data\n")));
  EXPECT_FALSE(is_table_file(tree.file("code.ts", "const x = 1;\n")));
  EXPECT_FALSE(is_table_file(tree.file("t.npz", "no zip")));
  EXPECT_FALSE(is_table_file(tree.file("x-ubyte", "no idx")));
  EXPECT_FALSE(is_table_file(tree.file("t.txt", kRows)));
  EXPECT_FALSE(is_table_file(tree.file("list.csv", "path,label\nt.csv,x\nt.ts,y\n")));
  EXPECT_FALSE(is_table_file(tree.path("absent.csv")));
  EXPECT_FALSE(is_table_file(tree.folder("folder.csv")));
  EXPECT_FALSE(is_table_file("-"));
}

TEST(TableFile, ReadsWhatItsNameSays) {
  const TemporaryTree tree;
  EXPECT_EQ(read_table_file(tree.file("t.csv", kRows), {}).kind, Kind::kCells);
  EXPECT_EQ(read_table_file(tree.file("t.csv", kRows), {.as = Kind::kSamples}).kind, Kind::kSamples);
  EXPECT_EQ(read_table_file(tree.file("t.ts", "@classLabel true a b\n@data\n1:a\n2:b\n3:a\n"), {}).n_items(), 3u);
  error_text(ErrorKind::kData, [&] { read_table_file(tree.file("t.txt", kRows), {}); });
  error_text(ErrorKind::kData, [&] { read_table_file(tree.path("absent.csv"), {}); });
  const std::string said = error_text(ErrorKind::kData, [&] { read_table_file(tree.file("e.csv", ""), {}); });
  EXPECT_NE(said.find("e.csv"), std::string::npos) << said;
}

TEST(TableParts, TrainAndTest) {
  const TemporaryTree tree;
  const auto parts = [&](Split split) { return table_parts(tree.root(), split); };
  EXPECT_TRUE(parts(Split::kTrain).empty());
  const std::string train = tree.file("train.csv", kRows);
  EXPECT_TRUE(parts(Split::kTrain).empty()) << "both or none";
  const std::string test = tree.file("test.csv", kRows);
  tree.file("whole.csv", kRows);
  EXPECT_EQ(parts(Split::kTrain), (std::vector<std::string>{train}));
  EXPECT_EQ(parts(Split::kTest), (std::vector<std::string>{test}));
  EXPECT_EQ(parts(Split::kAll), (std::vector<std::string>{train, test}));
  tree.file("train.tsv", "");
  tree.file("test.tsv", "");
  EXPECT_TRUE(parts(Split::kTrain).empty()) << "which of them?";
  EXPECT_TRUE(table_parts(tree.path("train.csv"), Split::kTrain).empty());
  EXPECT_TRUE(table_parts(tree.path("absent"), Split::kTrain).empty());
}

TEST(TableParts, OtherNames) {
  const TemporaryTree tree;
  const std::string train = tree.file("ucr/Gun_TRAIN.ts", "");
  const std::string test = tree.file("ucr/Gun_TEST.ts", "");
  EXPECT_EQ(table_parts(tree.path("ucr"), Split::kTest), (std::vector<std::string>{test}));
  EXPECT_EQ(table_parts(tree.path("ucr/"), Split::kTrain).size(), 1u);
  tree.file("mnist/train-images-idx3-ubyte.gz", "");
  tree.file("mnist/t10k-images-idx3-ubyte.gz", "");
  EXPECT_EQ(table_parts(tree.path("mnist"), Split::kTrain).size(), 1u);
  tree.file("items/train.csv", "");
  tree.file("items/test.csv", "");
  tree.file("items/train/a/1", "");
  EXPECT_TRUE(table_parts(tree.path("items"), Split::kTrain).empty()) << "folders of items come first";
}

}  // namespace
}  // namespace gulo
