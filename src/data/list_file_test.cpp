#include "data/list_file.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/corpus.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Names = std::vector<std::string>;

class ListFile : public testing::Test {
 protected:
  ListFile() {
    tree_.file("a.bin", "a");
    tree_.file("sub/b.bin", "bb");
    tree_.file("c,\"1\".bin", "ccc");
  }

  // "file = label" of every item, files below the tree.
  Names items(const std::string& name, const std::string& text, const std::string& label_column = "") {
    const Listing listing = list(name, text, label_column);
    Names names;
    for (const SourceItem& item : listing.items)
      names.push_back(item.name.substr(tree_.root().size() + 1) + " = " + listing.labels.at(item.label));
    return names;
  }

  Listing list(const std::string& name, const std::string& text, const std::string& label_column = "") {
    return list_source(tree_.file(name, text), {.split = Split::kAll, .label_column = label_column});
  }

  std::string error(ErrorKind kind, const std::string& name, const std::string& text,
                    const std::string& label_column = "") {
    return error_text(kind, [&] { list(name, text, label_column); });
  }

  TemporaryTree tree_;
};

TEST_F(ListFile, TsvIsPathTabLabel) {
  const Listing listing = list("l.tsv", "sub/b.bin\tdog\r\na.bin\tcat\nc,\"1\".bin\tcat\n");
  EXPECT_EQ(listing.labels, (Names{"cat", "dog"}));
  ASSERT_EQ(listing.items.size(), 3u);
  EXPECT_EQ(listing.items[0].name, tree_.path("a.bin"));
  EXPECT_EQ(listing.items[1].size_bytes, 3u);
  EXPECT_EQ(listing.items[2].label, 1);
  EXPECT_FALSE(listing.archive);
}

TEST_F(ListFile, RelativePathsCountFromTheListAndAbsoluteOnesStay) {
  tree_.file("sub/a.bin", "other");
  const Listing listing = list("sub/l.tsv", "a.bin\tx\n../a.bin\ty\n" + tree_.path("sub/b.bin") + "\ty\n");
  Names names;
  for (const SourceItem& item : listing.items) names.push_back(item.name);
  EXPECT_EQ(names, (Names{tree_.path("sub/../a.bin"), tree_.path("sub/a.bin"), tree_.path("sub/b.bin")}));
}

TEST_F(ListFile, CsvColumnsByDefault) {
  const Names expected{"a.bin = cat", "sub/b.bin = dog"};
  EXPECT_EQ(items("1.csv", "a.bin,cat\nsub/b.bin,dog\n"), expected) << "no header";
  EXPECT_EQ(items("2.csv", "Path,Label\na.bin,cat\nsub/b.bin,dog\n"), expected);
  EXPECT_EQ(items("3.csv", "class,n,file\ncat,1,a.bin\ndog,2,sub/b.bin\n"), expected) << "by name, in any place";
  EXPECT_EQ(items("4.csv", "image,n,species\na.bin,1,cat\nsub/b.bin,2,dog\n"), expected) << "unknown names";
  EXPECT_EQ(items("5.csv", "a.bin,1,cat\nsub/b.bin,2,dog\n"), expected) << "first and last column";
  EXPECT_EQ(items("6.csv", "a.bin,class\nsub/b.bin,dog\n"), (Names{"a.bin = class", "sub/b.bin = dog"}))
      << "a label that looks like a column's name";
}

TEST_F(ListFile, CsvLabelColumnAsAsked) {
  const std::string text = "kind,file,size,colour\ncat,a.bin,1,red\ndog,sub/b.bin,2,blue\n";
  EXPECT_EQ(items("1.csv", text, "colour"), (Names{"a.bin = red", "sub/b.bin = blue"}));
  EXPECT_EQ(items("1.csv", text, "KIND"), (Names{"a.bin = cat", "sub/b.bin = dog"}));
  EXPECT_EQ(items("1.csv", text, "1"), (Names{"a.bin = cat", "sub/b.bin = dog"}));
  EXPECT_EQ(items("1.csv", text, "-2"), (Names{"a.bin = 1", "sub/b.bin = 2"}));
  EXPECT_EQ(items("2.csv", "cat,a.bin\ndog,sub/b.bin\n", "1"), (Names{"a.bin = cat", "sub/b.bin = dog"}))
      << "no header, label first: the path is the other column";
  expect_contains(error(ErrorKind::kUsage, "1.csv", text, "taste"), "kind, file, size, colour");
  expect_contains(error(ErrorKind::kUsage, "1.csv", text, "5"), "have 4 columns");
  expect_contains(error(ErrorKind::kUsage, "1.csv", text, "-5"), "have 4 columns");
  error(ErrorKind::kUsage, "1.csv", text, "0");
}

TEST_F(ListFile, QuotedCells) {
  EXPECT_EQ(items("1.csv", "\"c,\"\"1\"\".bin\",\"big, red\"\na.bin,\"two\nlines\"\n"),
            (Names{"a.bin = two\nlines", "c,\"1\".bin = big, red"}));
}

TEST_F(ListFile, LabelsInNoEncodingAreEscaped) {
  EXPECT_EQ(list("l.tsv", "a.bin\tcaf\xE9\nsub/b.bin\tx\n").labels, (Names{"caf\\xe9", "x"}));
}

TEST_F(ListFile, BrokenListsAreErrorsWithTheirLine) {
  expect_contains(error(ErrorKind::kData, "1.tsv", ""), "empty");
  expect_contains(error(ErrorKind::kData, "2.tsv", "a.bin cat\n"), "line 1 has 1 columns");
  expect_contains(error(ErrorKind::kData, "3.tsv", "a.bin\tcat\nsub/b.bin\na.bin\n"), "line 2 has 1 columns");
  expect_contains(error(ErrorKind::kData, "3.tsv", "a.bin\tcat\nsub/b.bin\na.bin\n"), "2 of 3 lines");
  expect_contains(error(ErrorKind::kData, "4.tsv", "a.bin\tcat\nsub/b.bin\t\n"), "line 2 has an empty label");
  expect_contains(error(ErrorKind::kData, "5.csv", "a.bin,\"cat\n"), "5.csv");
  expect_contains(error(ErrorKind::kData, "6.csv", "path,label\n"), "no items");
  expect_contains(error(ErrorKind::kData, "7.csv", "a.bin,cat\nsub/b.bin,cat\n"), "one label, 'cat'");
}

TEST_F(ListFile, AListOfWhichNoFileExistsIsAnErrorThatNamesTheFirst) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "gone" + std::to_string(i) + "\t" + std::to_string(i % 2) + "\n";
  const std::string said = error(ErrorKind::kData, "l.tsv", text);
  expect_contains(said, "none of the 10 files");
  expect_contains(said, tree_.path("gone0"));
  expect_contains(said, "folder of the list file");
}

TEST_F(ListFile, SingleAbsentFilesAreCountedAndNamedWhenRead) {
  const Listing listing = list("l.tsv", "a.bin\tcat\nsub/b.bin\tdog\ngone\tcat\nsub\tcat\n");
  EXPECT_EQ(listing.items.size(), 4u);
  const std::string said = error_text(ErrorKind::kData, [&] { read_corpus(listing, {}); });
  expect_contains(said, "2 of 4 items");
  expect_contains(said, tree_.path("gone"));
  expect_contains(said, "--max-bad");
  testing::internal::CaptureStderr();
  const Corpus corpus = read_corpus(listing, {.max_bad_fraction = 0.5});
  expect_contains(testing::internal::GetCapturedStderr(), "2 of 4 items");
  EXPECT_EQ(corpus.n_items(), 2u);
  EXPECT_EQ(corpus.n_bad, 2u);
}

}  // namespace
}  // namespace gulo
