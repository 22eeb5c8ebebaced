#include "compare/rival.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

constexpr const char* kCode = R"py("""A rival.

It tells two lines.
"""
# rival: two lines of code
# packages: numpy  scikit-learn==1.9.1
from clock import preprocessing

def fit(items, labels):  # counts
    '''One line of documentation.'''
    with preprocessing():
        # a comment
        x = "# no comment"

)py";

TEST(CountCodeLines, LeavesOutWhatIsNoCode) {
  EXPECT_EQ(count_code_lines(kCode), 2);
  EXPECT_EQ(count_code_lines(""), 0);
  EXPECT_EQ(count_code_lines("\n# a\n\n  \t\n"), 0);
  EXPECT_EQ(count_code_lines("a = 1\r\nb = \"\"\"\nc\n\"\"\""), 4);  // a value, and no documentation
  EXPECT_EQ(count_code_lines("\"\"\"\"\"\"\na = 1"), 1);
}

TEST(Rival, IsReadWithItsHeader) {
  const TemporaryTree tree;
  const Rival rival = read_rival(tree.file("cells/x.py", kCode));
  EXPECT_EQ(rival.name, "two lines of code");
  EXPECT_EQ(rival.packages, (std::vector<std::string>{"numpy", "scikit-learn==1.9.1"}));
  EXPECT_EQ(rival.n_lines, 2);
  EXPECT_EQ(rival.code, kCode);
}

TEST(Rival, WithoutAHeaderHasTheNameOfItsFile) {
  const TemporaryTree tree;
  const Rival rival = read_rival(tree.file("mine.py", "def fit(items, labels): pass\n"));
  EXPECT_EQ(rival.name, "mine");
  EXPECT_TRUE(rival.packages.empty());
}

TEST(Rival, ThatIsAbsentIsAnError) {
  const auto text = error_text(ErrorKind::kUsage, [] { read_rival("/nowhere/x.py"); });
  EXPECT_NE(text.find("cannot be read"), std::string::npos) << text;
}

TEST(Rivals, AreThoseOfTheKindByName) {
  const TemporaryTree tree;
  tree.file("cells/b.py", "");
  tree.file("cells/a.py", "");
  tree.file("cells/notes.txt", "");
  tree.file("text/c.py", "");
  const auto rivals = rivals_of_kind(tree.root(), "cells");
  ASSERT_EQ(rivals.size(), 2u);
  EXPECT_EQ(rivals[0].name, "a");
  EXPECT_TRUE(rivals_of_kind(tree.root(), "sound").empty());
}

TEST(RivalsFolder, MustHoldTheDriver) {
  const TemporaryTree tree;
  error_text(ErrorKind::kUsage, [&] { rivals_folder(tree.root()); });
  tree.file("run.py", "");
  EXPECT_EQ(rivals_folder(tree.root()), tree.root());
}

}  // namespace
}  // namespace gulo
