#include "data/table/json_lines_file.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/table/corpus_values.h"
#include "data/table/json_object.h"

namespace gulo {
namespace {

using Texts = std::vector<std::string>;

Corpus read_objects(std::string_view text, const TableOptions& options = {}) {
  return read_json_lines(text, "t.jsonl", options);
}

Texts texts_of_object(std::string_view text) {
  std::vector<JsonField> fields;
  EXPECT_EQ(read_json_object(text, fields), "") << text;
  Texts texts;
  for (const JsonField& field : fields) texts.push_back(field.text);
  return texts;
}

std::string problem_of(std::string_view text) {
  std::vector<JsonField> fields;
  return read_json_object(text, fields);
}

TEST(JsonObject, ValuesAsText) {
  EXPECT_EQ(texts_of_object(R"({"a": 1, "b": -2.50, "c": true, "d": null, "e": "x \u00e4\n"})"),
            (Texts{"1", "-2.50", "true", "", "x \xC3\xA4\n"}));
  EXPECT_EQ(texts_of_object(R"({"a": [1, "b,\"", null, [], {"c": {}, "d": [false]}], "z": {"k": "{"}})"),
            (Texts{R"([1,"b,\"",null,[],{"c":{},"d":[false]}])", R"({"k":"{"})"}));
  EXPECT_EQ(texts_of_object("{}"), Texts{});
}

TEST(JsonObject, WhatIsNone) {
  for (const char* text : {"[1]", "3", "\"x\"", "null"}) EXPECT_EQ(problem_of(text), "is no JSON object") << text;
  for (const char* text : {"", "{", "{\"a\":}", "{\"a\":1} x", "{\"a\":\"\xFF\"}", "{'a':1}"})
    EXPECT_NE(problem_of(text).find("no JSON at its byte"), std::string::npos) << text;
}

TEST(JsonObject, DeepNestingIsNoDanger) {
  const size_t depth = 1 << 20;
  const std::string text = "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  EXPECT_EQ(texts_of_object(text)[0].size(), 2 * depth);
}

constexpr const char* kPosts = R"({"id": 1, "text": "good film", "label": "pos"}
{"id": 2, "text": "bad, bad", "label": "neg", "more": [1, 2]}

{"text": "fine", "id": 3, "label": "pos"}
)";

TEST(JsonLines, FieldsBecomeCells) {
  const Corpus corpus = read_objects(kPosts);
  EXPECT_EQ(corpus.kind, Kind::kCells);
  EXPECT_EQ(corpus.columns, (Texts{"id", "text", "more"}));
  EXPECT_EQ(corpus.labels, (Texts{"neg", "pos"}));
  EXPECT_EQ(cells_of(corpus, 0), (Texts{"1", "good film", ""}));
  EXPECT_EQ(cells_of(corpus, 1), (Texts{"2", "bad, bad", "[1,2]"}));
  EXPECT_EQ(corpus.names[2], "t.jsonl:4");
}

TEST(JsonLines, OneFieldAsText) {
  for (const TableOptions& options : {TableOptions{.column = "text"}, TableOptions{.column = "2"}}) {
    const Corpus corpus = read_objects(kPosts, options);
    EXPECT_EQ(corpus.kind, Kind::kBytes);
    EXPECT_EQ(corpus.columns, (Texts{"text"}));
    EXPECT_EQ(text_of(corpus, 1), "bad, bad");
    EXPECT_EQ(corpus.view(1).shape.extents[0], 8u);
    EXPECT_EQ(corpus.item_labels, (std::vector<int>{1, 0, 1}));
  }
  const Corpus number = read_objects(R"({"t":"a","y":1}
{"t":"b","y":0}
{"t":"c","y":1})",
                                     {.label_column = "y", .column = "t"});
  EXPECT_EQ(number.labels, (Texts{"0", "1"}));
  const Corpus boolean = read_objects(R"({"t":"a","y":true}
{"t":"b","y":false}
{"t":"c","y":true})",
                                      {.label_column = "y", .column = "t"});
  EXPECT_EQ(boolean.labels, (Texts{"false", "true"}));
}

TEST(JsonLines, TheOnlyFieldOfTextIsTakenAndSaid) {
  testing::internal::CaptureStderr();
  const Corpus corpus =
      read_objects("{\"t\":\"a b\",\"label\":\"x\"}\n{\"t\":\"c\",\"label\":\"y\"}\n{\"t\":\"d\",\"label\":\"x\"}\n");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("'t'"), std::string::npos);
  EXPECT_EQ(corpus.kind, Kind::kBytes);
}

TEST(JsonLines, ForPredictionTheColumnIsFoundAgain) {
  const TableOptions options{.labelled = false, .as = Kind::kBytes, .columns = {"text"}};
  EXPECT_EQ(text_of(read_objects(kPosts, options), 0), "good film");
  EXPECT_EQ(text_of(read_objects("{\"text\":\"new\"}", options), 0), "new");
  EXPECT_EQ(text_of(read_objects("{\"other\":\"new\"}",
                                 {.labelled = false, .as = Kind::kBytes, .column = "other", .columns = {"text"}}),
                    0),
            "new");
  EXPECT_NE(error_text(ErrorKind::kData, [&] { read_objects("{\"a\":1,\"b\":2}", options); }).find("trained with text"),
            std::string::npos);
}

TEST(JsonLines, ForPredictionFieldsThatNoLineNamesAreEmpty) {
  const TableOptions options{.labelled = false, .as = Kind::kCells, .columns = {"a", "b"}};
  EXPECT_EQ(cells_of(read_objects("{\"b\": 2}", options), 0), (Texts{"", "2"}));
  error_text(ErrorKind::kData, [&] { read_objects("{\"c\": 2}", options); });
}

TEST(JsonLines, BadLinesAreCountedAndNamed) {
  std::string text;
  for (int i = 0; i < 99; ++i) text += fmt::format("{{\"v\":{},\"label\":\"{}\"}}\n", i, i % 2);
  testing::internal::CaptureStderr();
  EXPECT_EQ(read_objects(text + "{\"v\":1,\n").n_bad, 1u);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("t.jsonl:100 (is no JSON at its byte"), std::string::npos);
  const std::string said = error_text(ErrorKind::kData, [&] { read_objects(text + "{\"v\":1,\n[2]\n"); });
  EXPECT_NE(said.find("t.jsonl:101 (is no JSON object)"), std::string::npos) << said;
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_objects("\n\nno\n"); }).find("line 3 is no JSON"),
            std::string::npos);
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_objects(""); }).find("empty"), std::string::npos);
}

TEST(JsonLines, WrongColumnsAndLabels) {
  const auto usage = [](const TableOptions& options) {
    return error_text(ErrorKind::kUsage, [&] { read_objects(kPosts, options); });
  };
  EXPECT_NE(usage({.column = "body"}).find("no column called 'body'"), std::string::npos);
  EXPECT_NE(usage({.column = "9"}).find("no column 9"), std::string::npos);
  EXPECT_NE(usage({.label_column = "text", .column = "text"}).find("is the label's"), std::string::npos);
  EXPECT_NE(usage({.as = Kind::kCells, .column = "text"}).find("is bytes, not cells"), std::string::npos);
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_objects(kPosts, {.label_column = "id", .column = "text"}); })
                .find("all 3 items have different labels"),
            std::string::npos);
  EXPECT_NE(error_text(ErrorKind::kData, [] { read_objects("{\"a\":\"x\",\"label\":null}\n{\"a\":\"y\"}\n"); })
                .find("has no label"),
            std::string::npos);
}

}  // namespace
}  // namespace gulo
