#include "data/table/column_look.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "base/lower.h"
#include "data/table/csv_dialect.h"

namespace gulo {
namespace {

constexpr size_t kLeastNames = 10;
constexpr std::array<std::string_view, 4> kPartColumns = {"split", "fold", "subset", "partition"};
constexpr std::array<std::string_view, 9> kParts = {"train", "training",   "test", "testing", "valid",
                                                    "val",   "validation", "dev",  "eval"};

bool is_whole_number(const std::string& cell) {
  return std::ranges::all_of(cell, [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool is_word(const std::string& cell) {
  return cell.find_first_of(" \t\n") == std::string::npos && (is_whole_number(cell) || !is_number(cell));
}

using Values = std::set<std::string>;

bool names_rows(const Values& values, size_t n_rows) {
  return n_rows >= kLeastNames && values.size() == n_rows && std::ranges::all_of(values, is_word);
}

bool names_parts(const Values& values, const std::string& name) {
  const auto is_part = [](const std::string& value) { return std::ranges::count(kParts, lower(value)) > 0; };
  return std::ranges::count(kPartColumns, lower(name)) > 0 || std::ranges::all_of(values, is_part);
}

bool names_labels(const std::vector<TableRow>& rows, size_t column, size_t label, const Values& values) {
  Values labels;
  std::set<std::pair<std::string, std::string>> pairs;
  for (const TableRow& row : rows) {
    labels.insert(row.cells[label]);
    pairs.emplace(row.cells[column], row.cells[label]);
  }
  return pairs.size() == values.size() && pairs.size() == labels.size() && pairs.size() < rows.size();
}

}  // namespace

bool tells_something(const std::vector<TableRow>& rows, size_t column, size_t label, const std::string& name) {
  Values values;
  for (const TableRow& row : rows) values.insert(row.cells[column]);
  return values.size() > 1 && !names_rows(values, rows.size()) && !names_parts(values, name) &&
         !names_labels(rows, column, label, values);
}

}  // namespace gulo
