#include "report/html_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/utf8.h"

namespace gulo {
namespace {

bool starts_character(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }

}  // namespace

std::string html_escape(std::string_view text) {
  std::string escaped;
  for (const char c : printable_utf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
          escaped += fmt::format("\\x{:02x}", static_cast<uint8_t>(c));
        } else {
          escaped += c;
        }
    }
  }
  return escaped;
}

size_t n_characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string shortened(const std::string& text, size_t max_characters) {
  std::string valid = printable_utf8(text);
  if (n_characters(valid) <= max_characters) return valid;
  size_t end = 0;
  for (size_t n = 0; end < valid.size(); ++end)
    if (starts_character(valid[end]) && ++n == max_characters) break;
  return valid.substr(0, end) + "…";
}

std::string short_percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.1f} %", 100 * fraction) : "–";
}

}  // namespace gulo
