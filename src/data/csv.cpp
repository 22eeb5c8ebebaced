#include "data/csv.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace gulo {

namespace {

std::vector<TextRow> all_rows(RowReader reader) {
  std::vector<TextRow> rows;
  for (TextRow row; reader.next(row);) rows.push_back(row);
  return rows;
}

}  // namespace

RowReader::RowReader(std::string_view text, char separator, bool quotes)
    : rest_(text), separator_(separator), quotes_(quotes) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

bool RowReader::next(TextRow& row) {
  while (!rest_.empty()) {
    row.line = line_;
    size_t n_cells = 0;
    do {
      if (n_cells == row.cells.size()) row.cells.emplace_back();
      take_cell(row.cells[n_cells++]);
    } while (take(separator_));
    row.cells.resize(n_cells);
    take('\r');
    take('\n');
    ++line_;
    if (n_cells > 1 || !row.cells[0].empty()) return true;
  }
  return false;
}

bool RowReader::line_ends_at(size_t at) const {
  if (rest_[at] == '\n') return true;
  return rest_[at] == '\r' && (at + 1 == rest_.size() || rest_[at + 1] == '\n');
}

bool RowReader::take(char expected) {
  if (!rest_.starts_with(expected)) return false;
  rest_.remove_prefix(1);
  return true;
}

void RowReader::take_cell(std::string& text) {
  text.clear();
  if (quotes_ && take('"')) take_quoted(text);
  // What stands behind a closing quote is kept rather than refused: other readers do so too.
  size_t n_chars = 0;
  while (n_chars < rest_.size() && rest_[n_chars] != separator_ && !line_ends_at(n_chars)) ++n_chars;
  text.append(rest_.substr(0, n_chars));
  rest_.remove_prefix(n_chars);
}

void RowReader::take_quoted(std::string& text) {
  const size_t first_line = line_;
  for (;;) {
    const size_t n_chars = rest_.find('"');
    require(n_chars != std::string_view::npos, ErrorKind::kData,
            fmt::format("line {}: a quote is opened and never closed", first_line),
            "write a quote inside a quoted cell twice: \"\"");
    const std::string_view part = rest_.substr(0, n_chars);
    line_ += static_cast<size_t>(std::count(part.begin(), part.end(), '\n'));
    text.append(part);
    rest_.remove_prefix(n_chars + 1);
    if (!take('"')) return;
    text += '"';
  }
}

std::vector<TextRow> parse_csv(std::string_view text) { return all_rows(RowReader(text, ',', true)); }

std::vector<TextRow> parse_tsv(std::string_view text) { return all_rows(RowReader(text, '\t', false)); }

}  // namespace gulo
