#include "model/utf8.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(Utf8, LeavesValidTextAlone) {
  using namespace std::string_literals;
  const std::string text = "a\0z é 漢 \U0001F43E \xED\x9F\xBF \xF4\x8F\xBF\xBF"s;
  EXPECT_EQ(valid_utf8(text), text);
}

TEST(Utf8, SpellsOutEveryInvalidByte) {
  EXPECT_EQ(valid_utf8("caf\xE9"), "caf\\xE9");
  EXPECT_EQ(valid_utf8("\xC0\xAF"), "\\xC0\\xAF");                    // overlong
  EXPECT_EQ(valid_utf8("\xE0\x9F\x80"), "\\xE0\\x9F\\x80");           // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80"), "\\xED\\xA0\\x80");           // surrogate
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80"), "\\xF4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(valid_utf8("\xE6\xBC"), "\\xE6\\xBC");                    // cut short
  EXPECT_EQ(valid_utf8("\xFF"
                       "a"
                       "\x80"),
            "\\xFFa\\x80");
}

}  // namespace
}  // namespace gulo
