#include "data/table/column_look.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <functional>

namespace gulo {
namespace {

bool tells(const std::function<std::string(int)>& cell, const std::string& name = "x", int n_rows = 40) {
  std::vector<TableRow> rows(static_cast<size_t>(n_rows));
  for (int i = 0; i < n_rows; ++i) rows[static_cast<size_t>(i)].cells = {cell(i), i % 3 == 0 ? "cat" : "dog"};
  return tells_something(rows, 0, 1, name);
}

TEST(ColumnLook, MeasurementsKindsAndSentencesTellSomething) {
  EXPECT_TRUE(tells([](int i) { return fmt::format("{}.5", i); }));
  EXPECT_TRUE(tells([](int i) { return std::to_string(i % 10); }));
  EXPECT_TRUE(tells([](int i) { return i % 2 == 0 ? "male" : "female"; }));
  EXPECT_TRUE(tells([](int i) { return fmt::format("this is number {}", i); }));
  EXPECT_TRUE(tells([](int i) { return i % 2 == 0 ? "" : "7"; })) << "that it is missing may tell something";
  EXPECT_TRUE(tells([](int i) { return std::to_string(i); }, "age", 4)) << "too few to be a name of the row";
}

TEST(ColumnLook, BookkeepingTellsNothing) {
  EXPECT_FALSE(tells([](int) { return "always"; }));
  EXPECT_FALSE(tells([](int i) { return std::to_string(1000 - 7 * i); }, "id"));
  EXPECT_FALSE(tells([](int i) { return fmt::format("img_{}", i); }));
  EXPECT_FALSE(tells([](int i) { return fmt::format("https://a.example/{}", i); }));
  EXPECT_FALSE(tells([](int i) { return i % 5 == 0 ? "Test" : "train"; }));
  EXPECT_FALSE(tells([](int i) { return std::to_string(i % 5); }, "fold"));
  EXPECT_FALSE(tells([](int i) { return i % 3 == 0 ? "0" : "1"; })) << "the label by another name";
}

}  // namespace
}  // namespace gulo
