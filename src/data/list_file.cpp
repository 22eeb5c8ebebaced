#include "data/list_file.h"

#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/lower.h"
#include "base/utf8.h"
#include "data/csv.h"
#include "data/item.h"
#include "data/listing_builder.h"

namespace gulo {

namespace {

constexpr size_t kNamedFiles = 3;

// The size of a regular file, nullopt where there is none.
std::optional<uint64_t> file_bytes(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

std::string resolve(const std::string& list_path, const std::string& path) {
  if (path.starts_with('/')) return path;
  const size_t slash = list_path.rfind('/');
  return slash == std::string::npos ? path : list_path.substr(0, slash + 1) + path;
}

// Where the path and the label stand in a row.
struct Columns {
  size_t path = 0, label = 1;
  bool named = false;  // the first row gave a name to one of them
};

class ColumnChooser {
 public:
  ColumnChooser(const std::string& list_path, const TextRow& first_row, const std::string& label_option)
      : list_path_(list_path), cells_(first_row.cells), label_option_(label_option) {}

  bool label_asked_by_name() const { return !label_option_.empty() && !asked_number(); }

  // `header`: whether the first row's cells may be names.
  Columns choose(bool header) const {
    Columns columns;
    columns.label = label_column(header, columns.named);
    const auto path = header ? named_column({"path", "file", "filename", "name"}, columns.label) : std::nullopt;
    columns.named |= path.has_value();
    columns.path = path.value_or(columns.label == 0 ? 1 : 0);
    return columns;
  }

 private:
  std::optional<size_t> named_column(std::initializer_list<std::string_view> names, size_t not_this) const {
    for (const std::string_view name : names)
      for (size_t i = 0; i < cells_.size(); ++i)
        if (i != not_this && lower(cells_[i]) == name) return i;
    return std::nullopt;
  }

  size_t label_column(bool header, bool& named) const {
    if (!label_option_.empty()) return asked_column(named);
    const auto found = header ? named_column({"label", "class", "target"}, cells_.size()) : std::nullopt;
    named |= found.has_value();
    return found.value_or(cells_.size() - 1);
  }

  std::optional<long> asked_number() const {
    long number = 0;
    const char* const end = label_option_.data() + label_option_.size();
    const auto result = std::from_chars(label_option_.data(), end, number);
    return result.ec == std::errc() && result.ptr == end ? std::optional(number) : std::nullopt;
  }

  size_t asked_column(bool& named) const {
    if (const auto number = asked_number()) {
      const auto n_columns = static_cast<long>(cells_.size());
      require(*number != 0 && *number >= -n_columns && *number <= n_columns, ErrorKind::kUsage,
              fmt::format("there is no column {}: its rows have {} columns", *number, n_columns),
              "--label counts columns from 1, or from the end by -1, -2...", list_path_);
      return static_cast<size_t>(*number > 0 ? *number - 1 : n_columns + *number);
    }
    named = true;
    const auto place = std::find(cells_.begin(), cells_.end(), label_option_);
    if (place != cells_.end()) return static_cast<size_t>(place - cells_.begin());
    const auto similar = named_column({lower(label_option_)}, cells_.size());
    require(similar.has_value(), ErrorKind::kUsage,
            fmt::format("there is no column called '{}' in its first line", printable_utf8(label_option_)),
            fmt::format("the columns there: {}", printable_utf8(fmt::format("{}", fmt::join(cells_, ", ")))),
            list_path_);
    return *similar;
  }

  const std::string& list_path_;
  const std::vector<std::string>& cells_;
  const std::string& label_option_;
};

void require_columns(const std::string& list_path, const std::vector<TextRow>& rows, size_t n_columns) {
  const auto is_short = [&](const TextRow& row) { return row.cells.size() < n_columns; };
  const auto first = std::find_if(rows.begin(), rows.end(), is_short);
  if (first == rows.end()) return;
  throw Error(
      ErrorKind::kData,
      fmt::format("line {} has {} columns, {} are needed; {} of {} lines are like that", first->line,
                  first->cells.size(), n_columns, std::count_if(rows.begin(), rows.end(), is_short), rows.size()),
      "each line of a .tsv is PATH, a tab, LABEL; of a .csv, the same columns in each line", list_path);
}

// The columns; a header is taken off the rows.
Columns take_header(const std::string& list_path, const SourceOptions& options, std::vector<TextRow>& rows) {
  const ColumnChooser chooser(list_path, rows[0], options.label_column);
  const Columns by_name = chooser.choose(true);
  const auto names_file = [&](const TextRow& row) {
    return by_name.path < row.cells.size() && file_bytes(resolve(list_path, row.cells[by_name.path])).has_value();
  };
  if (names_file(rows[0]) && !chooser.label_asked_by_name()) return chooser.choose(false);
  if (!by_name.named && (rows.size() < 2 || !names_file(rows[1]))) return by_name;
  rows.erase(rows.begin());
  return by_name;
}

// Cannot all be meant: most likely the paths count from another folder.
[[noreturn]] void fail_absent(const std::string& list_path, const std::vector<std::string>& names) {
  std::string text = fmt::format("none of the {} files that it names exists:", names.size());
  for (size_t i = 0; i < std::min(kNamedFiles, names.size()); ++i)
    text += fmt::format("{} {}", i > 0 ? "," : "", printable_utf8(names[i]));
  throw Error(ErrorKind::kData, text + (names.size() > kNamedFiles ? ", ..." : ""),
              "relative paths count from the folder of the list file", list_path);
}

}  // namespace

bool has_list_name(const std::string& path) {
  const std::string name = lower(path);
  return name.ends_with(".tsv") || name.ends_with(".csv");
}

Listing list_list_file(const std::string& path, const SourceOptions& options) {
  const PaddedBytes file = read_item(path);
  const std::string_view text(reinterpret_cast<const char*>(file.storage.data()), file.size_bytes);
  std::vector<TextRow> rows;
  try {
    rows = lower(path).ends_with(".tsv") ? parse_tsv(text) : parse_csv(text);
  } catch (const Error& error) {
    throw Error(error.kind(), error.message(), error.hint(), path);
  }
  require(!rows.empty(), ErrorKind::kData, "the list is empty", "write a path and a label into each line", path);
  require_columns(path, {rows[0]}, 2);
  const Columns columns = take_header(path, options, rows);
  require_columns(path, rows, std::max(columns.path, columns.label) + 1);

  ListingBuilder builder(path);
  std::vector<std::string> absent;
  for (const TextRow& row : rows) {
    const std::string& label = row.cells[columns.label];
    require(!label.empty() || options.may_lack_labels, ErrorKind::kData,
            fmt::format("line {} has an empty label", row.line), "give each item a label, or take the line out", path);
    const std::string name = resolve(path, row.cells[columns.path]);
    const auto size_bytes = file_bytes(name);
    if (!size_bytes) absent.push_back(name);
    builder.add({name, -1, size_bytes.value_or(0)}, label);
  }
  require(!rows.empty(), ErrorKind::kData, "the list has a header and no items", "", path);
  if (absent.size() == rows.size()) fail_absent(path, absent);
  return builder.finish(options.min_labels, "choose another column by --label, or list items of more labels");
}

}  // namespace gulo
