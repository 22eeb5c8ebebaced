#include "data/table/data_set.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

class DataSetTest : public ::testing::Test {
 protected:
  Corpus read(const std::string& name, const DataOptions& options = {}) {
    return read_data_set(tree_.path(name), options).corpus;
  }
  std::string refusal(const std::string& name, const DataOptions& options = {}) {
    return error_text(ErrorKind::kData, [&] { read(name, options); });
  }

  TemporaryTree tree_;
};

TEST_F(DataSetTest, ATablesTaskIsGuessedAndSaid) {
  tree_.file("n.csv", "a,y\n1,0.5\n2,1.5\n3,2.5\n");
  const DataSet set = read_data_set(tree_.path("n.csv"), {});
  EXPECT_EQ(set.corpus.task, Task::kNumber);
  EXPECT_NE(set.description.find("one number an item (0.5 to 2.5)"), std::string::npos) << set.description;
  tree_.file("l.csv", "a,y\n1,x\n2,y\n3,x\n");
  EXPECT_NE(read_data_set(tree_.path("l.csv"), {}).description.find(", 2 labels,"), std::string::npos);
}

TEST_F(DataSetTest, RowsWithoutLabelsAreItemsOnlyWhereThereAreSeveral) {
  tree_.file("s.csv", "a,y\n1,x|y\n2,\n3,x\n4,y|z\n5,z\n");
  const Corpus sets = read("s.csv");
  EXPECT_EQ(sets.task, Task::kLabels);
  EXPECT_EQ(sets.n_items(), 5u);
  EXPECT_TRUE(sets.label_sets[1].empty());
  tree_.file("l.csv", "a,y\n1,x\n2,\n3,x\n4,y\n");
  EXPECT_NE(refusal("l.csv").find("has no label"), std::string::npos);
  EXPECT_EQ(read("l.csv", {.max_bad_fraction = 0.3}).n_items(), 3u);
  tree_.file("n.csv", "a,y\n1,0.5\n2,\n3,1.5\n4,2.5\n");
  const Corpus numbers = read("n.csv", {.max_bad_fraction = 0.3});
  EXPECT_EQ(numbers.task, Task::kNumber);
  EXPECT_EQ(numbers.numbers, (std::vector<double>{0.5, 1.5, 2.5}));
}

TEST_F(DataSetTest, ListsMayNameNumbersAndSets) {
  for (const char* name : {"1", "2", "3", "4"}) tree_.file(name, std::string("bytes of ") + name);
  tree_.file("n.tsv", "1\t0.5\n2\t0.25\n3\t7\n4\t8\n");
  const Corpus numbers = read("n.tsv");
  EXPECT_EQ(numbers.task, Task::kNumber);
  EXPECT_EQ(numbers.numbers, (std::vector<double>{0.5, 0.25, 7, 8}));
  tree_.file("s.tsv", "1\ta;b\n2\t\n3\ta\n4\tb\n");
  EXPECT_EQ(read("s.tsv", {.task = Task::kLabels}).label_sets, (std::vector<std::vector<int>>{{0, 1}, {}, {0}, {1}}));
  tree_.file("l.tsv", "1\ta\n2\t\n3\ta\n4\tb\n");
  EXPECT_NE(refusal("l.tsv").find("line 2 has an empty label"), std::string::npos);
  tree_.file("one.tsv", "1\ta\n2\ta\n");
  EXPECT_NE(refusal("one.tsv").find("one label, 'a'"), std::string::npos);
}

TEST_F(DataSetTest, FoldersNameLabelsUnlessNumbersAreAskedFor) {
  for (const char* name : {"f/0.5/a", "f/1.5/b", "f/2.5/c"}) tree_.file(name, name);
  EXPECT_EQ(read("f").task, Task::kLabel);
  EXPECT_EQ(read("f", {.task = Task::kNumber}).numbers, (std::vector<double>{0.5, 1.5, 2.5}));
}

TEST_F(DataSetTest, BothPartsOfATableOfNumbers) {
  tree_.file("d/train.csv", "a,y\n1,0.5\n2,1.5\n");
  tree_.file("d/test.csv", "a,y\n3,9.5\n4,1.5\n");
  EXPECT_EQ(read("d", {.split = Split::kAll, .task = Task::kNumber}).numbers,
            (std::vector<double>{0.5, 1.5, 9.5, 1.5}));
  EXPECT_EQ(read("d", {.split = Split::kTest, .task = Task::kNumber}).numbers, (std::vector<double>{9.5, 1.5}));
}

}  // namespace
}  // namespace gulo
