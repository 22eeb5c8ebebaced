// Rows of separated text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gulo {

struct TextRow {
  std::vector<std::string> cells;
  size_t line = 0;  // where it begins, from 1
};

// RFC 4180: cells apart by commas, quoted where they hold commas, quotes ("") or line ends. Lines end with LF or CRLF;
// empty lines and a UTF-8 byte order mark are passed over. Throws Error (kData) on a quote that never closes.
std::vector<TextRow> parse_csv(std::string_view text);

// Cells apart by tabs, as they are: quotes are part of them.
std::vector<TextRow> parse_tsv(std::string_view text);

}  // namespace gulo
