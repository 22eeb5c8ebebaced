#include "data/table/fields_table.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/cells.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

// A grey picture of 1 x 2 pixels.
std::string picture(char a, char b) { return std::string("P5\n2 1\n255\n") + a + b; }

class FieldsTableTest : public ::testing::Test {
 protected:
  FieldsTableTest() {
    for (int i = 0; i < 4; ++i) {
      tree_.file(fmt::format("p/{}.pgm", i), picture('a', static_cast<char>('a' + i)));
      tree_.file(fmt::format("t/{}.txt", i), fmt::format("text {}", i));
    }
  }
  std::string table(const std::string& text, const std::string& name = "t.csv") { return tree_.file(name, text); }

  TemporaryTree tree_;
};

constexpr const char* kTable =
    "photo,age,note,label\np/0.pgm,1,t/0.txt,x\np/1.pgm,2,t/1.txt,y\n,3,t/2.txt,x\np/3.pgm,,,y\n";

std::string text_of(const ItemView& view) { return {view.bytes.begin(), view.bytes.end()}; }

TEST_F(FieldsTableTest, ColumnsOfFilesAreFieldsAndTheRestAreCells) {
  const std::string path = table(kTable);
  EXPECT_TRUE(look_for_fields(path, {}).has_company);
  const Corpus corpus = read_fields_table(path, {});
  EXPECT_EQ(corpus.kind, Kind::kFields);
  EXPECT_EQ(corpus.fields,
            (std::vector<FieldColumn>{{"photo", Kind::kPixels}, {"note", Kind::kBytes}, {"", Kind::kCells}}));
  EXPECT_EQ(corpus.columns, (std::vector<std::string>{"age"}));
  EXPECT_EQ(corpus.item_labels, (std::vector<int>{0, 1, 0, 1}));
  const auto second = unpack_fields(corpus.view(1), 3);
  EXPECT_EQ(second[0].shape.extents, (std::array<uint32_t, 3>{1, 2, 1}));
  EXPECT_EQ(text_of(second[0]), "ab");
  EXPECT_EQ(text_of(second[1]), "text 1");
  EXPECT_EQ(CellsView(second[2].bytes, 1).text(0), "2");
  EXPECT_TRUE(is_missing(unpack_fields(corpus.view(2), 3)[0]));
  EXPECT_TRUE(is_missing(unpack_fields(corpus.view(3), 3)[1]));
}

TEST_F(FieldsTableTest, WhatIsAListOrATableOfCellsIsNone) {
  const FieldsGuess list = look_for_fields(table("path,label\np/0.pgm,x\np/1.pgm,y\n"), {});
  EXPECT_TRUE(list.has_files && !list.has_company && list.remark.empty());
  EXPECT_FALSE(look_for_fields(table("a,b,label\n1,2,x\n3,4,y\n"), {}).has_files);
  EXPECT_FALSE(look_for_fields(table("photo,a,label\np/0.pgm,2,x\nno.pgm,4,y\n"), {}).has_files)
      << "half of them are absent";
  EXPECT_FALSE(look_for_fields(tree_.path("absent.csv"), {}).has_files);
  error_text(ErrorKind::kData, [&] { read_fields_table(table("a,b,label\n1,2,x\n3,4,y\n"), {}); });
}

TEST_F(FieldsTableTest, BookkeepingBesideFilesMakesNoFields) {
  std::string text = "id,path,label,split\n", with_age = "path,age,label\n";
  for (int i = 0; i < 20; ++i) {
    text += fmt::format("{},p/{}.pgm,{},{}\n", i, i % 4, i % 3 == 0 ? "x" : "y", i % 5 == 0 ? "test" : "train");
    with_age += fmt::format("p/{}.pgm,{},{}\n", i % 4, i % 7, i % 3 == 0 ? "x" : "y");
  }
  const FieldsGuess list = look_for_fields(table(text), {});
  EXPECT_TRUE(list.has_files && !list.has_company);
  EXPECT_NE(list.remark.find("columns id, split count for nothing"), std::string::npos) << list.remark;
  const FieldsGuess fields = look_for_fields(table(with_age), {});
  EXPECT_TRUE(fields.has_company);
  EXPECT_NE(fields.remark.find("column age count"), std::string::npos) << fields.remark;
  EXPECT_TRUE(look_for_fields(table(text), {.asked_kinds = {{"path", Kind::kPixels}}}).has_company);
}

TEST_F(FieldsTableTest, KindsCanBeAskedFor) {
  const std::string path = table(kTable);
  const Corpus corpus = read_fields_table(path, {.asked_kinds = {{"photo", Kind::kBytes}, {"note", Kind::kCells}}});
  EXPECT_EQ(corpus.fields, (std::vector<FieldColumn>{{"photo", Kind::kBytes}, {"", Kind::kCells}}));
  EXPECT_EQ(corpus.columns, (std::vector<std::string>{"age", "note"}));
  EXPECT_EQ(text_of(unpack_fields(corpus.view(0), 2)[0]), picture('a', 'a'));
  error_text(ErrorKind::kUsage, [&] { look_for_fields(path, {.asked_kinds = {{"no", Kind::kBytes}}}); });
}

TEST_F(FieldsTableTest, FilesThatCannotBeReadAreMissingAndCounted) {
  std::string text = "photo,age,label\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("p/{}.pgm,{},{}\n", i % 4, i, i % 2);
  tree_.file("p/bad.pgm", "P5\n9 9\n255\nshort");
  testing::internal::CaptureStderr();
  const Corpus corpus = read_fields_table(table(text + "p/bad.pgm,1,0\np/gone.pgm,1,1\n"), {});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("2 files of column 'photo' cannot be read"), std::string::npos) << said;
  EXPECT_EQ(corpus.n_items(), 42u);
  EXPECT_TRUE(is_missing(unpack_fields(corpus.view(40), 2)[0]));
  EXPECT_TRUE(is_missing(unpack_fields(corpus.view(41), 2)[0]));
}

TEST_F(FieldsTableTest, ForPredictionTheFieldsAreFoundAgain) {
  const Corpus trained = read_fields_table(table(kTable), {});
  const TableOptions options{.labelled = false, .columns = trained.columns, .fields = trained.fields};
  const Corpus again = read_fields_table(table("note,age,photo\nt/1.txt,2,p/1.pgm\n", "new.csv"), options);
  EXPECT_EQ(again.fields, trained.fields);
  EXPECT_EQ(text_of(again.view(0)), text_of(trained.view(1)));
  const Corpus less = read_fields_table(table("age,note\n2,t/1.txt\n", "less.csv"), options);
  EXPECT_TRUE(is_missing(unpack_fields(less.view(0), 3)[0]));
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_fields_table(table("photo,x\np/0.pgm,2\n", "no.csv"), options); })
                .find("trained with"),
            std::string::npos);
  const Corpus json =
      read_fields_table(table("{\"photo\": \"p/1.pgm\", \"age\": 2, \"note\": \"t/1.txt\"}\n", "n.jsonl"), options);
  EXPECT_EQ(text_of(json.view(0)), text_of(trained.view(1)));
}

}  // namespace
}  // namespace gulo
