#include "data/csv.h"

#include "base/error.h"

namespace gulo {

namespace {

class RowParser {
 public:
  RowParser(std::string_view text, char separator, bool quotes) : rest_(text), separator_(separator), quotes_(quotes) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  std::vector<TextRow> rows() {
    std::vector<TextRow> rows;
    while (!rest_.empty()) {
      TextRow row{{}, line_};
      do row.cells.push_back(cell());
      while (take(separator_));
      take_line_end();
      if (row.cells.size() > 1 || !row.cells[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool at_line_end() const { return rest_.starts_with('\n') || rest_.starts_with("\r\n") || rest_ == "\r"; }

  bool take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void take_line_end() {
    take('\r');
    take('\n');
    ++line_;
  }

  std::string cell() {
    std::string text;
    if (quotes_ && take('"')) quoted_part(text);
    // What stands behind a closing quote is kept rather than refused: other readers do so too.
    while (!rest_.empty() && !at_line_end() && rest_[0] != separator_) {
      text += rest_[0];
      rest_.remove_prefix(1);
    }
    return text;
  }

  void quoted_part(std::string& text) {
    const size_t first_line = line_;
    for (;;) {
      require(!rest_.empty(), ErrorKind::kData, fmt::format("line {}: a quote is opened and never closed", first_line),
              "write a quote inside a quoted cell twice: \"\"");
      if (take('"') && !rest_.starts_with('"')) return;
      if (rest_[0] == '\n') ++line_;
      text += rest_[0];
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  char separator_;
  bool quotes_;
  size_t line_ = 1;
};

}  // namespace

std::vector<TextRow> parse_csv(std::string_view text) { return RowParser(text, ',', true).rows(); }

std::vector<TextRow> parse_tsv(std::string_view text) { return RowParser(text, '\t', false).rows(); }

}  // namespace gulo
