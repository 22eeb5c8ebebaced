#include "data/table/csv_dialect.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <unordered_set>

#include "base/error.h"
#include "base/lower.h"
#include "data/cells.h"
#include "data/table/corpus_builder.h"

namespace gulo {
namespace {

constexpr size_t kSampleBytes = 256 << 10;
constexpr size_t kSampleRows = 1000;

// The number of cells that most rows have, and how many rows that are.
std::pair<size_t, size_t> common_width(std::span<const TextRow> rows) {
  std::map<size_t, size_t> counts;
  for (const TextRow& row : rows) ++counts[row.cells.size()];
  std::pair<size_t, size_t> best{0, 0};
  for (const auto& [width, count] : counts)
    if (count >= best.second) best = {width, count};
  return best;
}

bool all_quotes_close(std::span<const TextRow> rows) {
  for (const TextRow& row : rows)
    for (const std::string& cell : row.cells)
      if (cell.starts_with('"') && (cell.size() < 2 || !cell.ends_with('"'))) return false;
  return true;
}

// Text between tabs is often raw, with quotes of its own: the reading counts that gives more rows of one width.
bool tabs_have_quotes(std::string_view sample) {
  const auto plain = sample_rows(sample, '\t', false), quoted = sample_rows(sample, '\t', true);
  const size_t n_plain = common_width(plain).second, n_quoted = common_width(quoted).second;
  return n_quoted > n_plain || (n_quoted == n_plain && all_quotes_close(plain));
}

bool names_something_known(const TextRow& row, const TableOptions& options) {
  const auto is_known = [&](const std::string& cell) {
    const std::string name = lower(without_blanks(cell));
    if (name == "label" || name == "class" || name == "target") return true;
    if (name.empty() || whole_number(name)) return false;
    const auto is_same = [&](const std::string& other) { return lower(other) == name; };
    return is_same(options.label_column) || is_same(options.column) ||
           std::any_of(options.columns.begin(), options.columns.end(), is_same);
  };
  return std::any_of(row.cells.begin(), row.cells.end(), is_known);
}

// What the rows below the first say of a column.
struct ColumnLook {
  size_t n_numbers = 0, n_texts = 0;
  bool repeats_first = false;
};

ColumnLook look_at(std::span<const TextRow> rows, size_t column) {
  ColumnLook look;
  for (const TextRow& row : rows.subspan(1)) {
    if (column >= row.cells.size()) continue;
    const std::string& cell = row.cells[column];
    if (is_number(cell))
      ++look.n_numbers;
    else if (!is_missing_mark(cell))
      ++look.n_texts;
    look.repeats_first |= cell == rows[0].cells[column];
  }
  return look;
}

}  // namespace

bool is_number(std::string_view text) {
  const float value = cell_number(text);
  return value == value;
}

bool is_missing_mark(std::string_view text) {
  static const std::set<std::string, std::less<>> marks = {"", "?", "-", "na", "n/a", "nan", "nil", "none", "null"};
  return marks.contains(lower(without_blanks(text)));
}

std::string_view csv_sample(std::string_view text) {
  if (text.size() <= kSampleBytes) return text;
  const size_t end = text.rfind('\n', kSampleBytes);
  return text.substr(0, end == std::string_view::npos ? kSampleBytes : end + 1);
}

std::vector<TextRow> sample_rows(std::string_view sample, char separator, bool quotes) {
  RowReader reader(sample, separator, quotes);
  std::vector<TextRow> rows;
  try {
    for (TextRow row; rows.size() < kSampleRows && reader.next(row);) rows.push_back(row);
  } catch (const Error&) {
    return rows;  // what lies further on is not this reader's to judge
  }
  return rows;
}

CsvDialect find_dialect(std::string_view sample) {
  CsvDialect best{',', true, 1};
  double best_share = 0;
  for (const char separator : {'\t', ';', '|', ','}) {
    const bool quotes = separator != '\t' || tabs_have_quotes(sample);
    const auto rows = sample_rows(sample, separator, quotes);
    const auto [width, count] = common_width(rows);
    const double share = rows.empty() ? 0 : static_cast<double>(count) / static_cast<double>(rows.size());
    if (width < 2 || share <= best_share) continue;
    best = {separator, quotes, width};
    best_share = share;
  }
  return best;
}

bool has_header(std::span<const TextRow> rows, const TableOptions& options) {
  if (rows.empty()) return false;
  if (names_something_known(rows[0], options)) return true;
  if (rows.size() < 2) return false;
  bool text_above_numbers = false, number_above_numbers = false, any_numbers = false, all_new = true;
  std::unordered_set<std::string_view> seen;
  for (size_t i = 0; i < rows[0].cells.size(); ++i) {
    const std::string& cell = rows[0].cells[i];
    const ColumnLook look = look_at(rows, i);
    if (look.n_numbers > look.n_texts) {
      any_numbers = true;
      (is_number(cell) ? number_above_numbers : text_above_numbers) |= !is_missing_mark(cell);
    }
    all_new &= !is_missing_mark(cell) && !look.repeats_first && seen.insert(cell).second;
  }
  return any_numbers ? text_above_numbers && !number_above_numbers : all_new && options.columns.empty();
}

std::vector<std::string> column_names(const TextRow& first_row, bool header) {
  std::vector<std::string> names;
  std::unordered_set<std::string> used;
  for (size_t i = 0; i < first_row.cells.size(); ++i) {
    std::string name(header ? without_blanks(first_row.cells[i]) : "");
    if (name.empty()) name = std::to_string(i + 1);
    const std::string first = name;
    for (int n = 2; !used.insert(name).second; ++n) name = fmt::format("{}.{}", first, n);
    names.push_back(std::move(name));
  }
  return names;
}

std::optional<size_t> find_column(std::span<const std::string> names, std::string_view name) {
  const auto exact = std::find(names.begin(), names.end(), name);
  if (exact != names.end()) return static_cast<size_t>(exact - names.begin());
  for (size_t i = 0; i < names.size(); ++i)
    if (lower(names[i]) == lower(name)) return i;
  return std::nullopt;
}

std::optional<long> whole_number(std::string_view text) {
  long number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace gulo
