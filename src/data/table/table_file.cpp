#include "data/table/table_file.h"

#include <fmt/core.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/lower.h"
#include "data/archive_reader.h"
#include "data/memory.h"
#include "data/table/csv_dialect.h"
#include "data/table/csv_file.h"
#include "data/table/idx_file.h"
#include "data/table/json_lines_file.h"
#include "data/table/npz_file.h"
#include "data/table/parquet_file.h"
#include "data/table/ts_file.h"

namespace gulo {
namespace {

enum class Format : uint8_t { kNone, kTs, kNpz, kIdx, kPackedIdx, kCsv, kJsonLines, kParquet };

Format format_by_name(const std::string& path) {
  const std::string name = lower(path);
  if (name.ends_with(".ts")) return Format::kTs;
  if (name.ends_with(".npz")) return Format::kNpz;
  if (name.ends_with("-ubyte") || name.ends_with(".ubyte")) return Format::kIdx;
  if (name.ends_with("-ubyte.gz")) return Format::kPackedIdx;
  if (name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".tab")) return Format::kCsv;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return Format::kJsonLines;
  if (name.ends_with(".parquet")) return Format::kParquet;
  return Format::kNone;
}

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

bool content_is(Format format, const std::string& path) {
  const MappedFile file(path);
  const auto starts_with = [&](std::string_view magic) { return text_of(file).starts_with(magic); };
  switch (format) {
    case Format::kTs:
      return is_ts(csv_sample(text_of(file)));
    case Format::kNpz:
      return starts_with("PK");
    case Format::kIdx:
      return is_idx(file.bytes());
    case Format::kPackedIdx:
      return starts_with("\x1F\x8B");
    case Format::kCsv:
      return !is_list_of_files(text_of(file), path);
    case Format::kJsonLines:
      return true;
    case Format::kParquet:
      return starts_with("PAR1");
    case Format::kNone:
      break;
  }
  return false;
}

std::vector<uint8_t> idx_bytes(const std::string& path, const TableOptions& options) {
  const uint64_t max_bytes = options.memory_bytes > 0 ? options.memory_bytes : free_memory_bytes() / 2;
  if (lower(path).ends_with(".gz")) return unpack_file(path, max_bytes);
  const MappedFile file(path);
  return {file.bytes().begin(), file.bytes().end()};
}

Corpus read_idx_file(const std::string& path, const TableOptions& options) {
  const auto pictures = idx_bytes(path, options);
  const auto labels = options.labelled ? idx_bytes(idx_labels_path(path), options) : std::vector<uint8_t>();
  return read_idx(pictures, labels, path, options);
}

bool is_regular(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

// The names of a train part and what the test part is called then.
std::string test_name_of(const std::string& train_name) {
  for (const char* ending : {"csv", "tsv", "tab", "jsonl", "ndjson", "parquet", "ts", "npz"})
    if (train_name == fmt::format("train.{}", ending)) return fmt::format("test.{}", ending);
  if (train_name.ends_with("_TRAIN.ts")) return train_name.substr(0, train_name.size() - 9) + "_TEST.ts";
  for (const char* ending : {"", ".gz"})
    if (train_name == fmt::format("train-images-idx3-ubyte{}", ending))
      return fmt::format("t10k-images-idx3-ubyte{}", ending);
  return "";
}

}  // namespace

bool has_table_name(const std::string& path) { return format_by_name(path) != Format::kNone && is_regular(path); }

bool is_table_file(const std::string& path) {
  const Format format = format_by_name(path);
  if (!has_table_name(path)) return false;
  try {
    return content_is(format, path);
  } catch (const Error&) {
    return false;  // whoever reads it then says why it cannot be
  }
}

Corpus read_table_file(const std::string& path, const TableOptions& options) {
  const Format format = format_by_name(path);
  require(options.column.empty() || has_rows(path), ErrorKind::kUsage, "has no column of text",
          "--column is for .csv, .tsv, .jsonl and .parquet", path);
  switch (format) {
    case Format::kTs:
      return read_ts(text_of(MappedFile(path)), path, options);
    case Format::kNpz:
      return read_npz(path, options);
    case Format::kIdx:
    case Format::kPackedIdx:
      return read_idx_file(path, options);
    case Format::kCsv:
      return read_csv(text_of(MappedFile(path)), path, options);
    case Format::kJsonLines:
      return read_json_lines(text_of(MappedFile(path)), path, options);
    case Format::kParquet:
      return read_parquet(path, options);
    case Format::kNone:
      break;
  }
  throw Error(ErrorKind::kData, "is no table that gulo knows by its name",
              "a table is a .csv, .tsv, .tab, .jsonl, .parquet, .ts, .npz or -ubyte file", path);
}

bool has_rows(const std::string& path) {
  const Format format = format_by_name(path);
  return (format == Format::kCsv || format == Format::kJsonLines || format == Format::kParquet) && is_regular(path);
}

OpenRows open_rows(const std::string& path, const TableOptions& options) {
  switch (format_by_name(path)) {
    case Format::kCsv: {
      OpenRows open{MappedFile(path), nullptr};
      open.rows = csv_rows(text_of(open.file), path, options);
      return open;
    }
    case Format::kJsonLines: {
      OpenRows open{MappedFile(path), nullptr};
      open.rows = json_line_rows(text_of(open.file), path, options);
      return open;
    }
    case Format::kParquet:
      return {MappedFile(), parquet_rows(path, options)};
    default:
      return {};
  }
}

std::vector<std::string> table_parts(const std::string& data, Split split) {
  std::error_code error;
  const std::filesystem::path folder(data);
  if (std::filesystem::is_directory(folder / "train", error) || std::filesystem::is_directory(folder / "test", error))
    return {};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string train = entry->path().filename().string(), test = test_name_of(train);
    if (test.empty() || !is_regular(folder / train) || !is_regular(folder / test)) continue;
    pairs.emplace_back((folder / train).string(), (folder / test).string());
  }
  if (pairs.size() != 1) return {};  // two of them could both be meant
  switch (split) {
    case Split::kTrain:
      return {pairs[0].first};
    case Split::kTest:
      return {pairs[0].second};
    case Split::kAll:
      break;
  }
  return {pairs[0].first, pairs[0].second};
}

}  // namespace gulo
