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

// Row by row, for text whose rows are not all wanted at once. A cell ends at the separator, LF or CRLF; where `quotes`,
// one that begins with a quote (RFC 4180) holds those too, and "" for a quote. Empty lines and a UTF-8 byte order mark
// are passed over.
class RowReader {
 public:
  RowReader(std::string_view text, char separator, bool quotes);
  // False at the end. Reuses row's memory. Throws Error (kData) on a quote that never closes.
  bool next(TextRow& row);

 private:
  bool line_ends_at(size_t at) const;
  bool take(char expected);
  void take_cell(std::string& text);
  void take_quoted(std::string& text);

  std::string_view rest_;
  char separator_;
  bool quotes_;
  size_t line_ = 1;
};

// RFC 4180: cells apart by commas, quoted where they hold commas, quotes ("") or line ends. Lines end with LF or CRLF;
// empty lines and a UTF-8 byte order mark are passed over. Throws Error (kData) on a quote that never closes.
std::vector<TextRow> parse_csv(std::string_view text);

// Cells apart by tabs, as they are: quotes are part of them.
std::vector<TextRow> parse_tsv(std::string_view text);

}  // namespace gulo
