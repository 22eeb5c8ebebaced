#include "data/task_assignment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/expect_error.h"
#include "data/all_items.h"
#include "data/split.h"
#include "data/targets.h"

namespace gulo {
namespace {

// As readers leave it: one text an item.
Corpus corpus_of(const std::vector<std::string>& texts) {
  Corpus corpus;
  std::map<std::string, int> numbers;
  for (const std::string& text : texts) numbers.emplace(text, 0);
  for (auto& [text, number] : numbers) number = static_cast<int>(corpus.labels.size()), corpus.labels.push_back(text);
  for (size_t i = 0; i < texts.size(); ++i) {
    corpus.item_labels.push_back(numbers[texts[i]]);
    corpus.names.push_back("table.csv:" + std::to_string(i + 2));
    corpus.content_hashes.push_back(i);
    corpus.offsets.push_back(0);
  }
  return corpus;
}

Corpus whole_numbers(int n, int step, int n_each = 1) {
  std::vector<std::string> texts;
  for (int i = 0; i < n * n_each; ++i) texts.push_back(std::to_string(i % n * step));
  return corpus_of(texts);
}

Corpus assigned(const std::vector<std::string>& texts, const TaskOptions& options = {}) {
  Corpus corpus = corpus_of(texts);
  assign_task(corpus, options, "table.csv");
  return corpus;
}

TEST(GuessTask, NumbersThatAreNotWhole) {
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.push_back(std::to_string(i % 12) + ".5");
  EXPECT_EQ(guess_task(corpus_of(texts)), Task::kNumber);
  texts[3] = "?";
  EXPECT_EQ(guess_task(corpus_of(texts)), Task::kLabel) << "a text that is no number";
  EXPECT_EQ(guess_task(corpus_of({"0.5", "1.5", "0.5", "1.5"})), Task::kLabel) << "two classes";
  EXPECT_EQ(guess_task(corpus_of({"0.5", "1.5e3", " -2 "})), Task::kNumber) << "all different";
}

TEST(GuessTask, ManyWholeNumbersWithGaps) {
  EXPECT_EQ(guess_task(whole_numbers(200, 3)), Task::kNumber);
  EXPECT_EQ(guess_task(whole_numbers(200, 1)), Task::kLabel) << "numbers of classes";
  EXPECT_EQ(guess_task(whole_numbers(50, 3)), Task::kLabel) << "few";
  EXPECT_EQ(guess_task(whole_numbers(60, 3, 40)), Task::kLabel) << "each often";
}

TEST(GuessTask, PartsThatAreUsedAgain) {
  EXPECT_EQ(guess_task(corpus_of({"a|b", "a", "b|c", "c", "a|c"})), Task::kLabels);
  EXPECT_EQ(guess_task(corpus_of({"a; b", "a", "b; c", "c", ""})), Task::kLabels);
  EXPECT_EQ(guess_task(corpus_of({"Portland, OR", "Salem, OR", "Salem, MA", "Portland, ME", "Bath, ME"})),
            Task::kLabel);
  EXPECT_EQ(guess_task(corpus_of({"red", "green", "red, dark"})), Task::kLabel) << "no fewer parts than texts";
}

TEST(GuessTask, WhatTheDataSayThemselvesComesFirst) {
  Corpus corpus = whole_numbers(200, 3);
  corpus.declared_task = Task::kLabel;
  EXPECT_EQ(guess_task(corpus), Task::kLabel);
}

TEST(AssignTask, SetsOfLabels) {
  const Corpus corpus = assigned({"b|a", "", "c", "a | b| ", "b|b"}, {.task = Task::kLabels});
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(corpus.label_sets, (std::vector<std::vector<int>>{{0, 1}, {}, {2}, {0, 1}, {1}}));
  EXPECT_EQ(answers_text(corpus), "several labels an item (3 labels, 1.2 an item)");
  const std::vector<uint32_t> items{3, 1};
  EXPECT_EQ(targets_of(corpus, items).values, (std::vector<float>{1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(corpus.item_labels[1], 3) << "items without a label are a stratum of their own";
  EXPECT_EQ(corpus.item_labels[2], 2);
}

TEST(AssignTask, KnownLabelsComeFirstAndAreNotCut) {
  const Corpus corpus = assigned({"x, y", "z, w", "x, y"}, {.task = Task::kLabels, .labels = {"z", "x, y"}});
  EXPECT_EQ(corpus.labels, (std::vector<std::string>{"z", "x, y", "w"}));
  EXPECT_EQ(corpus.label_sets, (std::vector<std::vector<int>>{{1}, {0, 2}, {1}}));
}

TEST(AssignTask, Numbers) {
  Corpus corpus = assigned({"1", "+3.0", "1e1", " -4"}, {.task = Task::kNumber});
  EXPECT_EQ(corpus.numbers, (std::vector<double>{1, 3, 10, -4}));
  EXPECT_EQ(corpus.labels, std::vector<std::string>{"number"});
  EXPECT_EQ(answers_text(corpus), "one number an item (-4 to 10)");
  set_number_unit(corpus, {0, 1});
  EXPECT_EQ(corpus.number_unit, (NumberUnit{2, 1}));
  EXPECT_EQ(targets_of(corpus, all_items(corpus)).values, (std::vector<float>{-1, 1, 8, -6}));
  EXPECT_EQ(corpus.number_unit.to_number(8), 10);
}

TEST(AssignTask, SaysWhichTextIsNoNumber) {
  const std::string text =
      error_text(ErrorKind::kData, [] { assigned({"1", "two", "3", "inf"}, {.task = Task::kNumber}); });
  for (const char* part : {"table.csv", "'two'", "table.csv:3", "2 of 4 items", "--task label"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST(AssignTask, RefusesWhatCannotBeLearned) {
  const auto refusal = [](const std::vector<std::string>& texts, const TaskOptions& options) {
    return error_text(ErrorKind::kData, [&] { assigned(texts, options); });
  };
  EXPECT_NE(refusal({"a", "a"}, {}).find("one label, 'a'"), std::string::npos);
  EXPECT_NE(refusal({"a", "b"}, {.repeating = true}).find("different labels"), std::string::npos);
  EXPECT_NE(refusal({"7", "7.0"}, {.task = Task::kNumber}).find("the same number, 7"), std::string::npos);
  EXPECT_NE(refusal({"", ""}, {.task = Task::kLabels}).find("no item has a label"), std::string::npos);
  EXPECT_EQ(assigned({"7", "7"}, {.task = Task::kNumber, .min_labels = 1}).numbers.size(), 2u) << "to test on";
}

TEST(AssignTask, ValidationTakesOfAllNumbers) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) texts.push_back(std::to_string(i) + ".5");
  const Corpus corpus = assigned(texts);
  const TrainValid parts = split_corpus(corpus, 0.1, 1);
  EXPECT_EQ(parts.valid.size(), 40u);
  const auto n_high = std::ranges::count_if(parts.valid, [&](uint32_t i) { return corpus.numbers[i] > 200; });
  EXPECT_EQ(n_high, 20);
}

TEST(AppendCorpus, TakesSetsByTheirLabelsNames) {
  Corpus to = assigned({"a|b", "b|c", "c"}, {.task = Task::kLabels});
  append_corpus(to, assigned({"c|a"}, {.task = Task::kLabels}), "more.csv");
  EXPECT_EQ(to.label_sets.back(), (std::vector<int>{0, 2}));
  Corpus numbers = assigned({"1.5", "2"}, {.task = Task::kNumber});
  append_corpus(numbers, assigned({"9", "8"}, {.task = Task::kNumber}), "more.csv");
  EXPECT_EQ(numbers.numbers, (std::vector<double>{1.5, 2, 9, 8}));
}

}  // namespace
}  // namespace gulo
