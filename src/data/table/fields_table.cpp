#include "data/table/fields_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "base/utf8.h"
#include "data/cells.h"
#include "data/decoder.h"
#include "data/item.h"
#include "data/table/column_look.h"
#include "data/table/corpus_builder.h"
#include "data/table/csv_dialect.h"
#include "data/table/table_columns.h"

namespace gulo {
namespace {

constexpr double kMajority = 0.9;
constexpr size_t kLookedAtRows = 200;
constexpr size_t kLeastChunkRows = 8, kChunkRowsPerThread = 2;  // opened files are large
constexpr size_t kGuessBytes = size_t{64} << 20;                // of files are enough to know their kind
constexpr size_t kNamedFiles = 3;

// A column of file names.
struct FileColumn {
  FieldColumn field;
  std::optional<size_t> column;  // none: the table has it not
  bool kind_known = false;
};

bool is_file(const std::string& path) {
  std::error_code ignored;
  return path.size() <= 4096 && std::filesystem::is_regular_file(path, ignored);
}

// Files that were named and cannot be had, of one column.
class LostFiles {
 public:
  void add(const std::string& name, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (++n_ <= kNamedFiles) text_ += fmt::format("{} {} ({})", n_ > 1 ? "," : "", printable_utf8(name), reason);
  }
  size_t count() const { return n_; }
  std::string text() const { return text_ + (n_ > kNamedFiles ? fmt::format(" and {} more", n_ - kNamedFiles) : ""); }

 private:
  std::mutex mutex_;
  size_t n_ = 0;
  std::string text_;
};

// Headers and labels are known by the trained columns too.
TableOptions with_trained_names(TableOptions options) {
  for (const FieldColumn& field : options.fields)
    if (!field.name.empty()) options.columns.push_back(field.name);
  return options;
}

class FieldsTable {
 public:
  FieldsTable(const std::string& path, const TableOptions& options)
      : path_(path), options_(options), named_(with_trained_names(options)), table_(open_rows(path, named_)) {
    require(table_.rows != nullptr, ErrorKind::kData, "is no table of rows",
            "items of several fields are rows of a .csv, .tsv, .jsonl or .parquet file", path);
    label_ = choose_label(*table_.rows, path, named_);
    take_sample();
    options.fields.empty() ? find_columns() : find_trained_columns();
  }

  FieldsGuess guess() const {
    FieldsGuess guess{.has_files = !files_.empty(), .has_company = files_.size() > 1, .remark = {}};
    if (!guess.has_files) return guess;
    const bool asked = !options_.asked_kinds.empty();
    std::vector<std::string> shown;
    for (const size_t column : cells_) {
      const bool tells = label_ ? tells_something(sample_, column, *label_, names()[column]) : true;
      guess.has_company = guess.has_company || tells || asked;
      shown.push_back(names()[column]);
    }
    if (!shown.empty() && !asked) guess.remark = remark(shown, guess.has_company);
    return guess;
  }

  Corpus read() {
    require(!files_.empty(), ErrorKind::kData, "no column names files",
            "items of several fields need one; relative names count from the table's folder", path_);
    for (FileColumn& file : files_)
      if (!file.kind_known) file.field.kind = guess_kind_of(file);
    TableOptions half = options_;
    half.memory_bytes = arena_limits(options_.memory_bytes, "").memory_bytes / 2;
    CorpusBuilder builder(path_, Kind::kFields, half);
    lost_ = std::vector<LostFiles>(files_.size());
    OpenRows again = open_rows(path_, named_);
    Progress progress("reading");
    size_t n_rows = 0;
    while (read_chunk(*again.rows, builder)) {
      add_chunk(builder);
      progress.update(-1, format_count(n_rows += chunk_.size()) + " rows");
    }
    report_lost();
    Corpus corpus = builder.finish();
    corpus.fields = fields();
    corpus.columns = cell_names_;
    return corpus;
  }

 private:
  std::string remark(const std::vector<std::string>& beside, bool taken) const {
    const std::string columns = beside.size() == 1 ? fmt::format("column {} counts", shown_columns(beside))
                                                   : fmt::format("columns {} count", shown_columns(beside));
    if (taken)
      return fmt::format("{}: {} beside the files, as fields; --as KIND (bytes, pixels, samples) takes the files alone",
                         printable_utf8(path_), columns);
    return fmt::format(
        "{}: a list of files; {} for nothing: constant, a row's own name, a part's or another name of "
        "the label. --as fields takes all columns",
        printable_utf8(path_), columns);
  }

  std::vector<FieldColumn> fields() const {
    std::vector<FieldColumn> fields;
    for (const FileColumn& file : files_) fields.push_back(file.field);
    if (!cells_.empty()) fields.push_back({"", Kind::kCells});
    return fields;
  }

  void take_sample() {
    TableRow row;
    while (sample_.size() < kLookedAtRows && table_.rows->next(row))
      if (row.problem.empty() && row.cells.size() == names().size()) sample_.push_back(row);
  }

  const std::vector<std::string>& names() const { return table_.rows->names(); }

  std::string resolved(const std::string& name) const {
    return (std::filesystem::path(path_).parent_path() / name).string();
  }

  void find_columns() {
    for (const FieldColumn& asked : options_.asked_kinds)
      require(find_column(names(), asked.name).has_value(), ErrorKind::kUsage,
              fmt::format("there is no column called '{}'", printable_utf8(asked.name)),
              "--as COLUMN=KIND; the columns: " + shown_columns(names()), path_);
    for (size_t i = 0; i < names().size(); ++i) {
      if (i == label_) continue;
      const auto asked = asked_kind(i);
      if (asked ? *asked != Kind::kCells : names_files(i)) {
        files_.push_back({{names()[i], asked.value_or(Kind::kBytes)}, i, asked.has_value()});
      } else {
        cells_.push_back(i);
        cell_names_.push_back(names()[i]);
      }
    }
  }

  void find_trained_columns() {
    for (const FieldColumn& field : options_.fields)
      if (!field.name.empty()) files_.push_back({field, find_column(names(), field.name), true});
    for (const FileColumn& file : files_)
      if (!file.column) warn(fmt::format("{}: there is no column '{}': it counts as missing", path_, file.field.name));
    for (const std::string& name : options_.columns) {
      const auto found = find_column(names(), name);
      require(found.has_value(), ErrorKind::kData,
              fmt::format("has columns {}, and the recogniser was trained with {}", shown_columns(names()),
                          shown_columns(named_.columns)),
              "give the columns that it was trained with, by the same names", path_);
      cells_.push_back(*found);
    }
    cell_names_ = options_.columns;
  }

  std::optional<Kind> asked_kind(size_t column) const {
    for (const FieldColumn& asked : options_.asked_kinds)
      if (find_column(names(), asked.name) == column) return asked.kind;
    return std::nullopt;
  }

  bool names_files(size_t column) const {
    size_t n_filled = 0, n_files = 0;
    for (const TableRow& row : sample_) {
      const std::string& cell = row.cells[column];
      if (cell.empty()) continue;
      ++n_filled;
      n_files += is_file(resolved(cell)) ? 1 : 0;
    }
    return n_files > 0 && static_cast<double>(n_files) >= kMajority * static_cast<double>(n_filled);
  }

  Kind guess_kind_of(const FileColumn& file) const {
    Corpus some;
    for (const TableRow& row : sample_) {
      const std::string path = resolved(row.cells[*file.column]);
      if (row.cells[*file.column].empty() || !is_file(path)) continue;
      if (some.arena.size() > kGuessBytes) break;
      const PaddedBytes item = read_item(path);
      some.arena.insert(some.arena.end(), item.bytes().begin(), item.bytes().end());
      some.offsets.push_back(some.arena.size());
      some.item_labels.push_back(0);
    }
    return guess_kind(some).kind;
  }

  bool read_chunk(RowSource& rows, CorpusBuilder& builder) {
    chunk_.clear();
    TableRow row;
    const size_t n_rows = std::max(kLeastChunkRows, kChunkRowsPerThread * static_cast<size_t>(options_.n_threads));
    while (chunk_.size() < n_rows && rows.next(row)) {
      if (row.problem.empty() && row.cells.size() != names().size())
        row.problem = fmt::format("has {} cells, and {} are needed", row.cells.size(), names().size());
      if (row.problem.empty())
        chunk_.push_back(row);
      else
        builder.add_bad(row.number, row.problem);
    }
    return !chunk_.empty();
  }

  void add_chunk(CorpusBuilder& builder) {
    std::vector<std::vector<uint8_t>> packed(chunk_.size());
    parallel_for(chunk_.size(), options_.n_threads, 1, [&](size_t i, int) { packed[i] = pack(chunk_[i]); });
    const auto n_fields = static_cast<uint32_t>(files_.size() + (cells_.empty() ? 0 : 1));
    for (size_t i = 0; i < chunk_.size(); ++i)
      builder.add(chunk_[i].number, label_ ? std::string_view(chunk_[i].cells[*label_]) : std::string_view(),
                  {.extents = {n_fields, 1, 1}}, packed[i]);
  }

  std::vector<uint8_t> pack(const TableRow& row) {
    std::vector<RawItem> items;
    for (size_t f = 0; f < files_.size(); ++f) items.push_back(read_file(row, f));
    if (!cells_.empty()) {
      std::vector<std::string> cells;
      for (const size_t i : cells_) cells.push_back(row.cells[i]);
      items.push_back({{.extents = {static_cast<uint32_t>(cells.size()), 1, 1}}, pack_cells(cells)});
    }
    std::vector<ItemView> views;
    for (const RawItem& item : items) views.push_back({item.shape, item.bytes});
    return pack_fields(views);
  }

  RawItem read_file(const TableRow& row, size_t f) {
    RawItem missing{{.extents = {0, 1, 1}}, {}};
    const FileColumn& file = files_[f];
    if (!file.column || row.cells[*file.column].empty()) return missing;
    const std::string& name = row.cells[*file.column];
    try {
      const PaddedBytes item = read_item(resolved(name));
      return decode_item(item.bytes(), file.field.kind);
    } catch (const Error& error) {
      lost_[f].add(name, error.message());
      return missing;
    }
  }

  void report_lost() const {
    for (size_t f = 0; f < files_.size(); ++f) {
      if (lost_[f].count() == 0) continue;
      const std::string text = fmt::format("{} files of column '{}' cannot be read:{}", format_count(lost_[f].count()),
                                           printable_utf8(files_[f].field.name), lost_[f].text());
      warn(fmt::format("{}: {}; they count as missing", printable_utf8(path_), text));
    }
  }

  const std::string& path_;
  const TableOptions& options_;
  TableOptions named_;
  OpenRows table_;
  std::optional<size_t> label_;
  std::vector<TableRow> sample_, chunk_;
  std::vector<FileColumn> files_;
  std::vector<LostFiles> lost_;
  std::vector<size_t> cells_;
  std::vector<std::string> cell_names_;
};

}  // namespace

FieldsGuess look_for_fields(const std::string& path, const TableOptions& options) {
  if (!has_rows(path)) return {};
  try {
    return FieldsTable(path, options).guess();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUsage && !options.asked_kinds.empty()) throw;
    return {};  // whoever reads it then says why it cannot be
  }
}

Corpus read_fields_table(const std::string& path, const TableOptions& options) {
  return FieldsTable(path, options).read();
}

}  // namespace gulo
