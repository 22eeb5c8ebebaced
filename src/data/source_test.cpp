#include "data/source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Names = std::vector<std::string>;

// "path below the tree = label" of every item.
Names items_of(const Listing& listing, const TemporaryTree& tree) {
  Names names;
  for (const SourceItem& item : listing.items)
    names.push_back(item.name.substr(tree.root().size() + 1) + " = " + listing.labels.at(item.label));
  return names;
}

std::string list_error(const std::string& data, const SourceOptions& options = {}) {
  return error_text(ErrorKind::kData, [&] { list_source(data, options); });
}

TEST(FolderSource, TheFirstFolderIsTheLabelAtAnyDepthAndHiddenFilesCount) {
  const TemporaryTree tree;
  tree.file("dog/b", "12345");
  tree.file("cat/deep/er/a", "123");
  tree.file("cat/.hidden", "");
  const Listing listing = list_source(tree.root(), {});
  EXPECT_EQ(listing.labels, (Names{"cat", "dog"}));
  EXPECT_EQ(items_of(listing, tree), (Names{"cat/.hidden = cat", "cat/deep/er/a = cat", "dog/b = dog"}));
  EXPECT_EQ(listing.items[0].size_bytes, 0u);
  EXPECT_EQ(listing.items[1].size_bytes, 3u);
  EXPECT_EQ(listing.items[2].size_bytes, 5u);
  EXPECT_FALSE(listing.archive);
  EXPECT_EQ(listing.n_skipped, 0u);
  EXPECT_EQ(items_of(list_source(tree.root() + "//", {}), tree), items_of(listing, tree));
}

void write_train_and_test(const TemporaryTree& tree, const std::string& above) {
  tree.file(above + "train/cat/1", "");
  tree.file(above + "train/dog/2", "");
  tree.file(above + "test/cat/3", "");
  tree.file(above + "test/emu/4", "");
  tree.file(above + "valid/cat/5", "");
}

TEST(FolderSource, TrainAndTestPartsAlsoBelowASingleFolder) {
  for (const std::string above : {"", "set/"}) {
    const TemporaryTree tree;
    write_train_and_test(tree, above);
    testing::internal::CaptureStderr();
    const Listing train = list_source(tree.root(), {.split = Split::kTrain, .label_column = ""});
    const std::string said = testing::internal::GetCapturedStderr();
    expect_contains(said, "'valid' beside train/ and test/ is not used");
    EXPECT_EQ(items_of(train, tree), (Names{above + "train/cat/1 = cat", above + "train/dog/2 = dog"}));
    const Listing test = list_source(tree.root(), {.split = Split::kTest, .label_column = ""});
    EXPECT_EQ(items_of(test, tree), (Names{above + "test/cat/3 = cat", above + "test/emu/4 = emu"}));
    EXPECT_EQ(list_source(tree.root(), {}).labels, (Names{"cat", "dog", "emu"}));
    EXPECT_EQ(list_source(tree.root(), {}).items.size(), 4u);
  }
}

TEST(FolderSource, WithoutATestPartEverySplitIsEverything) {
  const TemporaryTree tree;
  tree.file("train/1", "");
  tree.file("tram/2", "");
  for (const Split split : {Split::kAll, Split::kTrain, Split::kTest})
    EXPECT_EQ(list_source(tree.root(), {.split = split, .label_column = ""}).labels, (Names{"train", "tram"}));
}

TEST(FolderSource, ASingleFolderOfLabelFoldersIsLookedIntoAndSaidSo) {
  const TemporaryTree tree;
  tree.file("pets/cat/1", "");
  tree.file("pets/dog/2", "");
  testing::internal::CaptureStderr();
  EXPECT_EQ(list_source(tree.root(), {}).labels, (Names{"cat", "dog"}));
  expect_contains(testing::internal::GetCapturedStderr(), "'pets'");
}

TEST(FolderSource, ErrorsSayWhatIsWrongAndWhatToDo) {
  const TemporaryTree tree;
  expect_contains(list_error(tree.path("absent")), "does not exist");
  expect_contains(list_error(tree.folder("empty")), "holds no files");
  tree.folder("bare/cat");
  tree.folder("bare/dog");
  expect_contains(list_error(tree.path("bare")), "its 2 label folders hold no files");
  tree.file("flat/1", "");
  tree.file("flat/2", "");
  expect_contains(list_error(tree.path("flat")), "holds 2 files but none in a label's folder");
  expect_contains(list_error(tree.path("flat")), "LABEL/FILE");
  tree.file("one/cat/1", "");
  expect_contains(list_error(tree.path("one")), "one label, 'cat'");
  EXPECT_EQ(list_source(tree.path("one"), {.split = Split::kAll, .label_column = "", .min_labels = 1}).items.size(),
            1u);
  tree.file("half/train/cat/1", "");
  tree.folder("half/test");
  expect_contains(list_error(tree.path("half"), {.split = Split::kTest, .label_column = ""}),
                  "holds no files in test/");
  expect_contains(list_error(tree.file("what.bin", "")), "no form of data that gulo knows");
  expect_contains(list_error("/dev/null"), "neither a folder nor a file");
}

TEST(FolderSource, ALabelWithoutFilesAndFilesWithoutALabelAreWarnedOf) {
  const TemporaryTree tree;
  tree.file("cat/1", "");
  tree.file("dog/2", "");
  tree.folder("emu/inner");
  tree.file("README", "");
  testing::internal::CaptureStderr();
  EXPECT_EQ(list_source(tree.root(), {}).labels, (Names{"cat", "dog"}));
  const std::string said = testing::internal::GetCapturedStderr();
  expect_contains(said, "label 'emu' has no files");
  expect_contains(said, "1 files are in no label's folder");
}

TEST(FolderSource, LinksAreFollowedAndWhatIsNoFileIsCounted) {
  const TemporaryTree tree, elsewhere;
  elsewhere.file("x/linked", "123");
  tree.file("cat/1", "");
  tree.file("dog/2", "");
  std::filesystem::create_symlink(elsewhere.path("x/linked"), tree.path("cat/file_link"));
  std::filesystem::create_directory_symlink(elsewhere.path("x"), tree.path("cat/folder_link"));
  std::filesystem::create_directory_symlink("..", tree.path("cat/up"));
  std::filesystem::create_directory_symlink(".", tree.path("dog/self"));
  std::filesystem::create_symlink("nowhere", tree.path("dog/broken"));
  std::filesystem::create_symlink("circle", tree.path("dog/circle"));
  ASSERT_EQ(mkfifo(tree.path("dog/pipe").c_str(), 0600), 0);
  ASSERT_TRUE(tree.socket_file("dog/socket"));
  std::filesystem::create_symlink("/dev/null", tree.path("dog/device"));

  testing::internal::CaptureStderr();
  const Listing listing = list_source(tree.root(), {});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(items_of(listing, tree),
            (Names{"cat/1 = cat", "cat/file_link = cat", "cat/folder_link/linked = cat", "dog/2 = dog"}));
  EXPECT_EQ(listing.items[1].size_bytes, 3u);
  EXPECT_EQ(listing.n_skipped, 7u);
  expect_contains(said, "broken links: 2");
  expect_contains(said, "links to a folder above them: 2");
  expect_contains(said, "named pipes: 1");
  expect_contains(said, "sockets: 1");
  expect_contains(said, "devices: 1");
}

TEST(FolderSource, NamesInNoEncodingArePathsAndEscapedLabels) {
  const TemporaryTree tree;
  tree.file("caf\xE9/\xFF\n\x01", "12");
  tree.file("caf\xC3\xA9/x", "");
  const Listing listing = list_source(tree.root(), {});
  EXPECT_EQ(listing.labels, (Names{"caf\\xe9", "caf\xC3\xA9"}));
  EXPECT_EQ(items_of(listing, tree), (Names{"caf\xC3\xA9/x = caf\xC3\xA9", "caf\xE9/\xFF\n\x01 = caf\\xe9"}));
  EXPECT_EQ(listing.items[1].size_bytes, 2u);
}

TEST(FolderSource, WithoutLabelsEveryFileIsAnItem) {
  const TemporaryTree tree;
  for (const char* path : {"loose", "cat/1", "cat/deep/2", "dog/3"}) tree.file(path, "123");
  const Listing listing = list_source(tree.root(), {.label_column = "", .labelled = false});
  EXPECT_EQ(items_of(listing, tree), (Names{"cat/1 = ", "cat/deep/2 = ", "dog/3 = ", "loose = "}));
  const TemporaryTree parts;
  for (const char* path : {"set/train/1", "set/train/cat/2", "set/test/cat/3"}) parts.file(path, "123");
  EXPECT_EQ(list_source(parts.root(), {.split = Split::kTrain, .label_column = "", .labelled = false}).items.size(),
            2u);
  EXPECT_EQ(list_source(parts.root(), {.label_column = "", .labelled = false}).items.size(), 3u);
  const TemporaryTree empty;
  error_text(ErrorKind::kData, [&] { list_source(empty.root(), {.label_column = "", .labelled = false}); });
}

TEST(FolderSource, HundredsOfLevelsDeep) {
  const TemporaryTree tree;
  std::string deep = "cat";
  for (int i = 0; i < 300; ++i) deep += "/d";
  tree.file(deep + "/end", "1");
  tree.file("dog/1", "");
  EXPECT_EQ(list_source(tree.root(), {}).items.size(), 2u);
}

}  // namespace
}  // namespace gulo
