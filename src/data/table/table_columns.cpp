#include "data/table/table_columns.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "data/table/csv_dialect.h"

namespace gulo {
namespace {

constexpr size_t kMostShown = 20;

class ColumnChooser {
 public:
  ColumnChooser(const RowSource& rows, const std::string& path, const TableOptions& options)
      : rows_(rows), names_(rows.names()), path_(path), options_(options) {}

  TableColumns choose() {
    const bool series = options_.as == Kind::kSamples;
    columns_.label = label_column();
    if (series) {
      columns_.kind = Kind::kSamples;
      return columns_;
    }
    if (options_.as == Kind::kBytes || !options_.column.empty())
      take_text(text_column());
    else
      take_cells();
    return columns_;
  }

  std::optional<size_t> label_column() const {
    if (!options_.label_column.empty()) {
      // Rows of the trained columns alone have no label to leave out.
      const bool trained_alone =
          !options_.labelled && whole_number(options_.label_column) && names_.size() == options_.columns.size();
      return trained_alone ? std::nullopt : asked_column(options_.label_column, "--label", options_.labelled);
    }
    for (const std::string_view name : {"label", "class", "target"})
      if (const auto found = rows_.named() ? find_column(names_, name) : std::nullopt; found && !is_trained(*found))
        return found;
    return options_.labelled ? std::optional(names_.size() - 1) : std::nullopt;
  }

 private:
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const {
    throw Error(ErrorKind::kData, message, hint, path_);
  }

  [[noreturn]] void fail_untrained() const {
    fail(fmt::format("has columns {}, and the recogniser was trained with {}", shown_columns(names_),
                     shown_columns(options_.columns)),
         "give the columns that it was trained with, by the same names or in the same order");
  }

  void take_text(size_t column) {
    require(column != columns_.label, ErrorKind::kUsage,
            fmt::format("column '{}' is the label's", printable_utf8(names_[column])),
            "choose another by --column, or the label's by --label", path_);
    columns_.kind = Kind::kBytes;
    columns_.cells = {column};
  }

  void take_cells() {
    columns_.cells = options_.columns.empty() ? columns_but_label() : trained_columns();
    if (columns_.cells.empty()) fail("has no column beside the label's");
    const bool one_text = columns_.cells.size() == 1 && rows_.is_text(columns_.cells[0]);
    if (options_.as || !options_.columns.empty() || !one_text) return;
    say(fmt::format(
        "column '{}' is text, and the only one beside the label's: it is taken as by --column; --as cells takes "
        "it as a cell",
        printable_utf8(names_[columns_.cells[0]])));
    take_text(columns_.cells[0]);
  }

  std::vector<size_t> columns_but_label() const {
    std::vector<size_t> columns;
    for (size_t i = 0; i < names_.size(); ++i)
      if (i != columns_.label) columns.push_back(i);
    return columns;
  }

  // The one that --column asks for, else the trained one, else the only one there is.
  size_t text_column() const {
    if (!options_.column.empty()) return *asked_column(options_.column, "--column", true);
    const auto rest = columns_but_label();
    if (!options_.columns.empty())
      if (const auto found = trained_text_column(options_.columns[0])) return *found;
    if (rest.size() == 1) return rest[0];
    if (!options_.columns.empty()) fail_untrained();
    throw Error(ErrorKind::kUsage, "which of its columns is the text?", "name it by --column: " + shown_columns(names_),
                path_);
  }

  std::optional<size_t> trained_text_column(const std::string& trained) const {
    if (rows_.named()) return find_column(names_, trained);
    const auto number = whole_number(trained);
    if (!number || *number < 1 || static_cast<size_t>(*number) > names_.size()) return std::nullopt;
    return static_cast<size_t>(*number - 1);
  }

  // By name, else by number, else by place.
  std::vector<size_t> trained_columns() const {
    const auto by_name = rows_.named() ? columns_by_name() : std::nullopt;
    if (by_name) return *by_name;
    const auto& trained = options_.columns;
    const bool numbered = std::all_of(trained.begin(), trained.end(),
                                      [](const std::string& name) { return whole_number(name).has_value(); });
    auto rest = columns_but_label();
    if ((numbered || !rows_.named()) && rest.size() == trained.size()) return rest;
    const auto by_number = numbered && names_.size() == trained.size() + 1 ? columns_by_number() : std::nullopt;
    if (by_number) return *by_number;
    fail_untrained();
  }

  std::optional<std::vector<size_t>> columns_by_name() const {
    std::vector<size_t> columns;
    for (const std::string& name : options_.columns) {
      const auto found = find_column(names_, name);
      if (!found) return std::nullopt;
      columns.push_back(*found);
    }
    return columns;
  }

  std::optional<std::vector<size_t>> columns_by_number() const {
    std::vector<size_t> columns;
    for (const std::string& name : options_.columns) {
      const long number = *whole_number(name);
      if (number < 1 || static_cast<size_t>(number) > names_.size()) return std::nullopt;
      columns.push_back(static_cast<size_t>(number - 1));
    }
    return columns;
  }

  bool is_trained(size_t column) const { return find_column(options_.columns, names_[column]).has_value(); }

  // By name or number, as `option` gave it. Where it is not needed, a column that is not there is no fault.
  std::optional<size_t> asked_column(const std::string& asked, const std::string& option, bool needed) const {
    const auto n_columns = static_cast<long>(names_.size());
    if (const auto number = whole_number(asked)) {
      const bool there = *number != 0 && *number >= -n_columns && *number <= n_columns;
      if (there) return static_cast<size_t>(*number > 0 ? *number - 1 : n_columns + *number);
      require(!needed, ErrorKind::kUsage,
              fmt::format("there is no column {}: its rows have {} columns", *number, n_columns),
              option + " counts columns from 1, or from the end by -1, -2...", path_);
      return std::nullopt;
    }
    const auto found = rows_.named() ? find_column(names_, asked) : std::nullopt;
    require(found || !needed, ErrorKind::kUsage, fmt::format("there is no column called '{}'", printable_utf8(asked)),
            rows_.named() ? "the columns: " + shown_columns(names_) : "it has no header: give the column's number",
            path_);
    return found;
  }

  const RowSource& rows_;
  const std::vector<std::string>& names_;
  const std::string& path_;
  const TableOptions& options_;
  TableColumns columns_;
};

}  // namespace

TableColumns choose_columns(const RowSource& rows, const std::string& path, const TableOptions& options) {
  return ColumnChooser(rows, path, options).choose();
}

std::optional<size_t> choose_label(const RowSource& rows, const std::string& path, const TableOptions& options) {
  return ColumnChooser(rows, path, options).label_column();
}

std::string shown_columns(std::span<const std::string> names) {
  const auto some = names.first(std::min(names.size(), kMostShown));
  return printable_utf8(fmt::format("{}", fmt::join(some, ", "))) + (names.size() > kMostShown ? ", ..." : "");
}

}  // namespace gulo
