#include "base/utf8.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(PrintableUtf8, LeavesValidTextAlone) {
  using namespace std::string_literals;
  for (const std::string& text : {""s, "a\0z\\\n"s, "caf\xC3\xA9"s, "\xE6\x97\xA5\xE6\x9C\xAC"s, "\xED\x9F\xBF"s,
                                  "\xF0\x9F\x90\xBE"s, "\xF4\x8F\xBF\xBF"s})
    EXPECT_EQ(printable_utf8(text), text);
}

TEST(PrintableUtf8, EscapesEveryByteThatIsNotUtf8) {
  EXPECT_EQ(printable_utf8("caf\xE9"), "caf\\xe9");
  EXPECT_EQ(printable_utf8("\xC3(\x80"), "\\xc3(\\x80");
  EXPECT_EQ(printable_utf8("\xFF\xFE"), "\\xff\\xfe");
  EXPECT_EQ(printable_utf8("\xE6\x97"), "\\xe6\\x97") << "cut short";
  EXPECT_EQ(printable_utf8("\xC0\xAF"), "\\xc0\\xaf") << "longer than needed";
  EXPECT_EQ(printable_utf8("\xE0\x80\x80"), "\\xe0\\x80\\x80") << "longer than needed";
  EXPECT_EQ(printable_utf8("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "half of a surrogate pair";
  EXPECT_EQ(printable_utf8("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
}

}  // namespace
}  // namespace gulo
