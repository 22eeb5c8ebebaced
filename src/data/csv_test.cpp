#include "data/csv.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"

namespace gulo {
namespace {

using Cells = std::vector<std::string>;

std::vector<Cells> cells_of(const std::vector<TextRow>& rows) {
  std::vector<Cells> cells;
  for (const TextRow& row : rows) cells.push_back(row.cells);
  return cells;
}

TEST(Csv, PlainRowsWithEitherLineEndAndWithoutTheLastOne) {
  const std::vector<Cells> expected{{"a", "b"}, {"", "c"}, {"d", ""}};
  EXPECT_EQ(cells_of(parse_csv("a,b\n,c\nd,\n")), expected);
  EXPECT_EQ(cells_of(parse_csv("a,b\r\n,c\r\nd,\r\n")), expected);
  EXPECT_EQ(cells_of(parse_csv("\xEF\xBB\xBF"
                               "a,b\n\n,c\nd,")),
            expected)
      << "byte order mark, empty line, no last end";
}

TEST(Csv, QuotedCells) {
  EXPECT_EQ(cells_of(parse_csv("\"a,1\",\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",x\n")),
            (std::vector<Cells>{{"a,1", "say \"hi\"", "two\nlines"}, {"", "x"}}));
  EXPECT_EQ(cells_of(parse_csv("in \"the\" middle,\"end\"ing\n")),
            (std::vector<Cells>{{"in \"the\" middle", "ending"}}));
}

TEST(Csv, RowsKnowTheirLine) {
  const auto rows = parse_csv("a,b\n\n\"c\nc\",d\ne,f");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].line, 1u);
  EXPECT_EQ(rows[1].line, 3u);
  EXPECT_EQ(rows[2].line, 5u);
}

TEST(Csv, AQuoteThatNeverClosesIsAnErrorWithItsLine) {
  const std::string text = error_text(ErrorKind::kData, [] { parse_csv("a,b\nc,\"d\ne,f\n"); });
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
}

TEST(Tsv, QuotesAndCommasBelongToTheCell) {
  EXPECT_EQ(cells_of(parse_tsv("\"a,1\tx\r\nb \"q\"\ty\n")), (std::vector<Cells>{{"\"a,1", "x"}, {"b \"q\"", "y"}}));
}

TEST(Csv, NothingGivesNoRows) {
  EXPECT_TRUE(parse_csv("").empty());
  EXPECT_TRUE(parse_csv("\n\r\n\n").empty());
}

}  // namespace
}  // namespace gulo
