#include "data/table/csv_file.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cmath>
#include <cstring>

#include "base/expect_error.h"
#include "data/table/corpus_values.h"
#include "data/temporary_tree.h"

namespace gulo {
namespace {

using Texts = std::vector<std::string>;

Texts labels_of(const Corpus& corpus) {
  Texts labels;
  for (const int label : corpus.item_labels) labels.push_back(corpus.labels[static_cast<size_t>(label)]);
  return labels;
}

Corpus read_rows(std::string_view text, const TableOptions& options = {}) { return read_csv(text, "t.csv", options); }

std::string rows_error(std::string_view text, const TableOptions& options = {}) {
  return error_text(ErrorKind::kData, [&] { read_rows(text, options); });
}

void expect_sound(const Corpus& corpus) {
  const size_t n = corpus.n_items();
  ASSERT_EQ(corpus.offsets.size(), n + 1);
  ASSERT_EQ(corpus.names.size(), n);
  ASSERT_EQ(corpus.shapes.size(), n);
  ASSERT_EQ(corpus.content_hashes.size(), n);
  ASSERT_EQ(corpus.arena.size(), corpus.n_bytes() + Corpus::kArenaPadding);
  for (size_t i = 0; i < n; ++i)
    EXPECT_EQ(corpus.content_hashes[i], XXH3_64bits(corpus.item(i).data(), corpus.item(i).size()));
  EXPECT_EQ(std::vector<uint8_t>(corpus.arena.end() - Corpus::kArenaPadding, corpus.arena.end()),
            std::vector<uint8_t>(Corpus::kArenaPadding, 0));
}

constexpr const char* kIris = "length,width,label\n5.1,3.5,a\n4.9,,b\n?,3.2,a\n4.6,3.1,b\n";

TEST(CsvFile, RowsBecomeCellsAsTheyStand) {
  const Corpus corpus = read_rows(kIris);
  expect_sound(corpus);
  EXPECT_EQ(corpus.kind, Kind::kCells);
  EXPECT_EQ(corpus.columns, (Texts{"length", "width"}));
  EXPECT_EQ(corpus.labels, (Texts{"a", "b"}));
  EXPECT_EQ(labels_of(corpus), (Texts{"a", "b", "a", "b"}));
  EXPECT_EQ(cells_of(corpus, 0), (Texts{"5.1", "3.5"}));
  EXPECT_EQ(cells_of(corpus, 1), (Texts{"4.9", ""}));
  EXPECT_EQ(cells_of(corpus, 2), (Texts{"?", "3.2"}));
  EXPECT_EQ(corpus.names[1], "t.csv:3");
  const CellsView view(corpus.item(1), 2);
  EXPECT_FLOAT_EQ(view.number(0), 4.9f);
  EXPECT_TRUE(std::isnan(view.number(1)));
}

TEST(CsvFile, TheSameFromEverySeparatorLineEndAndMark) {
  const Corpus expected = read_rows(kIris);
  for (const char separator : {'\t', ';', '|'}) {
    std::string text = kIris;
    for (char& c : text) c = c == ',' ? separator : c;
    EXPECT_EQ(read_rows(text).arena, expected.arena) << separator;
  }
  std::string crlf = "\xEF\xBB\xBF";
  for (const char c : std::string_view(kIris)) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Corpus corpus = read_rows(crlf);
  EXPECT_EQ(corpus.arena, expected.arena);
  EXPECT_EQ(corpus.columns, expected.columns) << "no byte order mark in the first name";
  EXPECT_EQ(read_rows(std::string_view(kIris).substr(0, std::strlen(kIris) - 1)).arena, expected.arena)
      << "no last line end";
}

TEST(CsvFile, QuotesHoldSeparatorsQuotesAndLineEnds) {
  const Corpus corpus = read_rows("text,n,label\n\"a, \"\"b\"\"\nc\",1,x\nd,2,y\n\"e\",3,x\n");
  EXPECT_EQ(cells_of(corpus, 0), (Texts{"a, \"b\"\nc", "1"}));
  EXPECT_EQ(corpus.names[1], "t.csv:4");
  const Corpus tabs = read_rows("it's \"raw\"\t1\tx\n\"open\t2\ty\nplain\t3\tx\n");
  EXPECT_EQ(cells_of(tabs, 1), (Texts{"\"open", "2"})) << "tabs: a lone quote is no opening one";
  const Corpus quoted = read_rows("\"a\tb\"\t1\tx\n\"c\"\t2\ty\n\"d\"\t3\tx\n");
  EXPECT_EQ(cells_of(quoted, 1), (Texts{"c", "2"}));
}

TEST(CsvFile, AHeaderIsFoundOrItsAbsence) {
  const auto columns = [](std::string_view text, const TableOptions& options = {}) {
    return read_rows(text, options).columns;
  };
  EXPECT_EQ(columns("1,2,a\n3,4,b\n5,6,a\n"), (Texts{"1", "2"}));
  EXPECT_EQ(columns("?,2,a\n3,4,b\n5,6,a\n"), (Texts{"1", "2"})) << "a missing mark is no name";
  EXPECT_EQ(columns("1990,1991,class\n3,4,b\n5,6,a\n7,8,a\n"), (Texts{"1990", "1991"})) << "known by class";
  EXPECT_EQ(columns("u,v,w\n3,4,b\n5,6,a\n7,8,a\n"), (Texts{"u", "v"}));
  EXPECT_EQ(columns("text,mood\ngood film,pos\nbad film,neg\nfine,pos\n"), (Texts{"text"})) << "all text";
  EXPECT_EQ(columns("good film,pos\nbad film,neg\nfine,pos\n"), (Texts{"1"})) << "all text, no header";
  EXPECT_EQ(columns("x,x,,label\n1,2,3,a\n4,5,6,b\n7,8,9,a\n"), (Texts{"x", "x.2", "3"})) << "names are made different";
}

TEST(CsvFile, TheLabelsColumn) {
  const auto labels = [](std::string_view text, const std::string& column = "") {
    return read_rows(text, {.label_column = column}).labels;
  };
  EXPECT_EQ(labels("Class,v\nx,1\ny,2\nx,3\n"), (Texts{"x", "y"})) << "by its usual names in any case";
  constexpr const char* kText = "p,q,r\n1,2,a\n1,3,b\n2,3,a\n";
  EXPECT_EQ(labels(kText), (Texts{"a", "b"})) << "else the last";
  EXPECT_EQ(labels(kText, "p"), (Texts{"1", "2"}));
  EXPECT_EQ(labels(kText, "Q"), (Texts{"2", "3"}));
  EXPECT_EQ(labels(kText, "1"), (Texts{"1", "2"}));
  EXPECT_EQ(labels(kText, "-2"), (Texts{"2", "3"}));
  EXPECT_EQ(labels("1, a.\n2,b\n3, a.\n"), (Texts{"a.", "b"})) << "without blanks around it, else as it is";
  for (const char* column : {"none", "4", "-4", "0"})
    EXPECT_NE(error_text(ErrorKind::kUsage, [&] { labels(kText, column); }).find("there is no column"),
              std::string::npos);
}

TEST(CsvFile, WrongLabelsAreErrors) {
  EXPECT_NE(rows_error("v,label\n1,a\n2,a\n").find("have one label, 'a'"), std::string::npos);
  EXPECT_NE(rows_error("v,w\n1,0.5\n2,0.6\n3,0.7\n").find("different labels"), std::string::npos);
  EXPECT_EQ(read_rows("v,label\n1,a\n2,a\n", {.min_labels = 1}).n_items(), 2u);
  EXPECT_EQ(read_rows("v,label\n1,a\n2,b\n", {.min_labels = 1}).n_items(), 2u) << "a test part may be so small";
  EXPECT_NE(rows_error("v,label\n1,a\n2,\n3,b\n4,a\n").find("has no label"), std::string::npos);
}

TEST(CsvFile, EmptyAndSeparatorlessAreErrors) {
  for (const char* text : {"", "\n\n", "\xEF\xBB\xBF"}) EXPECT_NE(rows_error(text).find("empty"), std::string::npos);
  EXPECT_NE(rows_error("v,label\n").find("has no items"), std::string::npos);
  EXPECT_NE(rows_error("one\ntwo\nthree\n").find("one cell each"), std::string::npos);
  EXPECT_NE(rows_error("v,label\n1,\"a\n2,b\n").find("never closed"), std::string::npos);
}

TEST(CsvFile, RaggedRowsAreCountedAndLeftOut) {
  std::string text = "v,w,label\n";
  for (int i = 0; i < 99; ++i) text += fmt::format("{},{},{}\n", i, i, i % 2);
  text += "1,0\n";
  testing::internal::CaptureStderr();
  const Corpus corpus = read_rows(text);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("1 of 100 items cannot be read: t.csv:101 (has 2 cells"),
            std::string::npos);
  EXPECT_EQ(corpus.n_items(), 99u);
  EXPECT_EQ(corpus.n_bad, 1u);
  expect_sound(corpus);
  EXPECT_NE(rows_error(text + "1,2,3,4\n").find("2 of 101"), std::string::npos);
  EXPECT_EQ(read_rows(text + "1,2,3,4\n", {.max_bad_fraction = 0.05}).n_bad, 2u);
}

TEST(CsvFile, MoreThanTheMemoryIsAnError) {
  error_text(ErrorKind::kDevice, [] { read_rows(kIris, {.memory_bytes = 100}); });
}

TEST(CsvFile, ForPredictionRowsMayComeWithTheirLabelOrWithout) {
  const TableOptions by_name{.labelled = false, .columns = {"length", "width"}};
  const Corpus trained = read_rows(kIris);
  const Corpus with = read_rows(kIris, by_name);
  EXPECT_EQ(with.arena, trained.arena);
  EXPECT_EQ(with.item_labels, (std::vector<int>{-1, -1, -1, -1}));
  EXPECT_TRUE(with.labels.empty());
  EXPECT_EQ(read_rows("length,width\n5.1,3.5\n4.9,\n?,3.2\n4.6,3.1\n", by_name).arena, trained.arena);
  EXPECT_EQ(read_rows("label,width,more,length\na,3.5,0,5.1\n", by_name).columns, by_name.columns);
  EXPECT_EQ(cells_of(read_rows("label,width,more,length\na,3.5,0,5.1\n", by_name), 0), (Texts{"5.1", "3.5"}));
  EXPECT_EQ(cells_of(read_rows("5.1,3.5\n", by_name), 0), (Texts{"5.1", "3.5"})) << "one row, no header";
  EXPECT_EQ(cells_of(read_rows("a,3.5\nb,3.6\n", by_name), 0), (Texts{"a", "3.5"})) << "by place";
  EXPECT_NE(rows_error("size,width\n1,2\n2,3\n", by_name).find("trained with length, width"), std::string::npos);
  EXPECT_NE(rows_error("1,2,3,4\n", by_name).find("trained with"), std::string::npos);
}

TEST(CsvFile, ForPredictionColumnsWithoutNamesAreMatchedByNumber) {
  const Corpus trained = read_rows("a,1,2\nb,3,4\na,5,6\n", {.label_column = "1"});
  ASSERT_EQ(trained.columns, (Texts{"2", "3"}));
  const TableOptions options{.labelled = false, .columns = trained.columns};
  EXPECT_EQ(cells_of(read_rows("a,1,2\n", options), 0), (Texts{"1", "2"}));
  EXPECT_EQ(cells_of(read_rows("1,2\n", options), 0), (Texts{"1", "2"}));
  const TableOptions test{.label_column = "1", .min_labels = 1, .columns = trained.columns};
  EXPECT_EQ(cells_of(read_rows("b,7,8\n", test), 0), (Texts{"7", "8"}));
  EXPECT_EQ(read_rows("b,7,8\n", test).labels, (Texts{"b"}));
}

TEST(CsvFile, AsSamplesEachRowIsASeries) {
  const Corpus corpus = read_rows("1,2,3,a\n4,,inf,b\n5,x,,a\n-1e3,7,,b\n", {.as = Kind::kSamples});
  expect_sound(corpus);
  EXPECT_EQ(corpus.kind, Kind::kSamples);
  EXPECT_EQ(corpus.shapes[0], (ItemShape{.type = ValueType::kFloat32, .extents = {3, 1, 1}}));
  EXPECT_EQ(series_of(corpus, 0), (std::vector<float>{1, 2, 3}));
  EXPECT_TRUE(std::isnan(series_of(corpus, 1)[1]));
  EXPECT_TRUE(std::isinf(series_of(corpus, 1)[2]));
  EXPECT_EQ(series_of(corpus, 2).size(), 2u) << "empty at its end: shorter";
  EXPECT_EQ(labels_of(corpus), (Texts{"a", "b", "a", "b"}));
}

TEST(CsvFile, SeriesOfDifferentLengthAndWithTheLabelInFront) {
  const Corpus last = read_rows("1,2,3,a\n4,b\n5,6,a\n", {.as = Kind::kSamples});
  EXPECT_EQ(labels_of(last), (Texts{"a", "b", "a"}));
  EXPECT_EQ(series_of(last, 1), (std::vector<float>{4}));
  const Corpus front = read_rows("1\t0.5\t0.6\n2\t0.7\n1\t0.8\t0.9\n", {.label_column = "1", .as = Kind::kSamples});
  EXPECT_EQ(labels_of(front), (Texts{"1", "2", "1"}));
  EXPECT_EQ(series_of(front, 2), (std::vector<float>{0.8f, 0.9f}));
  const Corpus header = read_rows("t0,t1,label\n1,2,a\n3,4,b\n5,6,a\n", {.as = Kind::kSamples});
  EXPECT_EQ(header.n_items(), 3u);
  EXPECT_EQ(read_rows("1,2\n3,4\n", {.labelled = false, .as = Kind::kSamples}).shapes[1].extents[0], 2u);
  EXPECT_NE(rows_error("x,a\ny,b\nz,a\n", {.as = Kind::kSamples}).find("has no numbers"), std::string::npos);
  error_text(ErrorKind::kUsage, [] { read_rows(kIris, {.as = Kind::kPixels}); });
}

constexpr const char* kMails =
    "id,subject,body,label\n1,hello,\"dear all,\nhow\",ham\n2,win,click,spam\n3,re,fine,ham\n";

TEST(CsvFile, AColumnOfTextIsTakenAsBytes) {
  for (const char* column : {"body", "Body", "3", "-2"}) {
    const Corpus corpus = read_rows(kMails, {.column = column});
    EXPECT_EQ(corpus.kind, Kind::kBytes);
    EXPECT_TRUE(corpus.shapes.empty());
    EXPECT_EQ(corpus.columns, (Texts{"body"}));
    EXPECT_EQ(text_of(corpus, 0), "dear all,\nhow");
    EXPECT_EQ(labels_of(corpus), (Texts{"ham", "spam", "ham"}));
    EXPECT_EQ(corpus.names[1], "t.csv:4");
  }
  EXPECT_NE(
      error_text(ErrorKind::kUsage, [] { read_rows(kMails, {.column = "text"}); }).find("id, subject, body, label"),
      std::string::npos);
  EXPECT_NE(rows_error(kMails, {.label_column = "id", .column = "body"}).find("different labels"), std::string::npos);
}

TEST(CsvFile, TheOnlyColumnOfTextIsTakenAndSaid) {
  constexpr const char* kText = "text,mood\ngood film,pos\nbad film,neg\nfine,pos\n";
  testing::internal::CaptureStderr();
  const Corpus corpus = read_rows(kText);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("column 'text' is text"), std::string::npos);
  EXPECT_EQ(corpus.kind, Kind::kBytes);
  EXPECT_EQ(read_rows(kText, {.as = Kind::kCells}).kind, Kind::kCells);
  EXPECT_EQ(read_rows("v,label\n1,a\n2,b\n3,a\n").kind, Kind::kCells) << "numbers are cells";
}

TEST(CsvFile, ForPredictionTheColumnOfTextIsFoundAgain) {
  const auto options = [](const char* trained, const char* asked = "") {
    return TableOptions{.labelled = false, .as = Kind::kBytes, .column = asked, .columns = {trained}};
  };
  EXPECT_EQ(text_of(read_rows(kMails, options("body")), 1), "click");
  EXPECT_EQ(text_of(read_rows("body\nclick\nfine\nwell\n", options("body")), 0), "click");
  EXPECT_EQ(text_of(read_rows("text,label\nclick,ham\nfine,ham\n", options("body")), 0), "click") << "the only one";
  EXPECT_EQ(text_of(read_rows(kMails, options("body", "subject")), 1), "win") << "asked for";
  EXPECT_EQ(text_of(read_rows("click,a b,c\nfine,d e,f\n", options("2")), 1), "d e") << "by number";
  EXPECT_NE(rows_error("subject,other\nclick,x y\nfine,y z\n", options("body")).find("trained with body"),
            std::string::npos);
}

TEST(CsvFile, AListOfFilesIsNoTable) {
  const TemporaryTree tree;
  tree.file("a/1.bin", "x");
  tree.file("b.bin", "y");
  const std::string path = tree.path("list.csv");
  EXPECT_TRUE(is_list_of_files("label,path\nx,a/1.bin\ny,b.bin\n", path));
  EXPECT_TRUE(is_list_of_files("a/1.bin\tx\nb.bin\ty\n", path));
  EXPECT_TRUE(is_list_of_files("gone/1.bin\tx\ngone/2.bin\ty\n", path)) << "paths that are wrong are no table's cells";
  EXPECT_FALSE(is_list_of_files(kIris, path));
  EXPECT_FALSE(is_list_of_files("https://a.org/x.html,1\nhttps://b.org/y.html,0\n", path));
  EXPECT_FALSE(is_list_of_files("and/or is text,1\nno path,0\n", path));
  EXPECT_FALSE(is_list_of_files("", path));
}

}  // namespace
}  // namespace gulo
