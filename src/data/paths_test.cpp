#include "data/paths.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Paths = std::vector<std::string>;

TEST(ExpandPaths, WithoutRecursionNothingChanges) {
  const TemporaryTree tree;
  const Paths paths{tree.root(), "-", "/absent"};
  EXPECT_EQ(expand_paths(paths, false), paths);
}

TEST(ExpandPaths, FoldersGiveWayToTheirSortedFilesAndTheOrderOfArgumentsStays) {
  const TemporaryTree tree;
  tree.file("d/b", "");
  tree.file("d/a/z", "");
  tree.file("d/.hidden", "");
  tree.file("single", "");
  ASSERT_EQ(mkfifo(tree.path("d/pipe").c_str(), 0600), 0);
  std::filesystem::create_directory_symlink(tree.root(), tree.path("d/loop"));
  testing::internal::CaptureStderr();
  const Paths files = expand_paths({tree.path("single"), "-", tree.path("d/"), "/absent"}, true);
  const std::string said = testing::internal::GetCapturedStderr();
  // The link to the folder above leads to `single` once more, and to `d` itself, which is the loop.
  EXPECT_EQ(files, (Paths{tree.path("single"), "-", tree.path("d/.hidden"), tree.path("d/a/z"), tree.path("d/b"),
                          tree.path("d/loop/single"), "/absent"}));
  EXPECT_NE(said.find("named pipes: 1"), std::string::npos) << said;
  EXPECT_NE(said.find("links to a folder above them: 1"), std::string::npos) << said;
}

TEST(ExpandPaths, AnEmptyFolderIsWarnedOf) {
  const TemporaryTree tree;
  testing::internal::CaptureStderr();
  EXPECT_TRUE(expand_paths({tree.root()}, true).empty());
  EXPECT_NE(testing::internal::GetCapturedStderr().find("holds no files"), std::string::npos);
}

}  // namespace
}  // namespace gulo
