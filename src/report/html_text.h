// Text and numbers as they may stand in HTML and in its attributes.
#pragma once

#include <string>
#include <string_view>

namespace gulo {

// Any bytes: markup is escaped, control characters and what is no valid UTF-8 are spelt out as \xNN.
std::string html_escape(std::string_view text);

// The first `max_characters` characters, the last of them "…" where more were there. Not yet escaped.
std::string shortened(const std::string& text, size_t max_characters);
// Characters of valid UTF-8.
size_t n_characters(std::string_view text);

// 0.934 -> "93.4 %"; "–" for what is not a number.
std::string short_percent(double fraction);

}  // namespace gulo
