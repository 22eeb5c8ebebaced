#include "data/table/data_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "base/units.h"
#include "base/utf8.h"
#include "data/decoder.h"
#include "data/list_file.h"
#include "data/table/fields_table.h"
#include "data/table/table_file.h"
#include "data/task_assignment.h"

namespace gulo {
namespace {

// "24 to 1,460", or "251" where all are the same.
std::string range_text(const Corpus& corpus, size_t axis) {
  const auto by_axis = [axis](const ItemShape& a, const ItemShape& b) { return a.extents[axis] < b.extents[axis]; };
  const auto [least, most] = std::minmax_element(corpus.shapes.begin(), corpus.shapes.end(), by_axis);
  const uint32_t low = least->extents[axis], high = most->extents[axis];
  return low == high ? format_count(low) : fmt::format("{} to {}", format_count(low), format_count(high));
}

std::string rates_text(const Corpus& corpus) {
  std::set<uint32_t> rates;
  for (const ItemShape& shape : corpus.shapes)
    if (shape.rate_hz > 0) rates.insert(shape.rate_hz);
  if (rates.empty()) return "";
  if (rates.size() == 1) return fmt::format(" at {} Hz", format_count(*rates.begin()));
  return fmt::format(" at {} to {} Hz", format_count(*rates.begin()), format_count(*rates.rbegin()));
}

// "photo (pixels), 3 cells"
std::string fields_text(const Corpus& corpus) {
  std::string text;
  for (const FieldColumn& field : corpus.fields)
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        field.name.empty() ? fmt::format("{} cells", corpus.columns.size())
                                           : fmt::format("{} ({})", printable_utf8(field.name), kind_name(field.kind)));
  return text;
}

std::string shapes_text(const Corpus& corpus, const std::string& formats) {
  const std::string format = formats.empty() ? "" : formats + " ";
  switch (corpus.kind) {
    case Kind::kPixels:
      return fmt::format("{}pictures of {} x {} x {}", format, range_text(corpus, 0), range_text(corpus, 1),
                         range_text(corpus, 2));
    case Kind::kSamples:
      return fmt::format("{}{} of {} samples x {} channels{}", format, formats.empty() ? "series" : "recordings",
                         range_text(corpus, 0), range_text(corpus, 1), rates_text(corpus));
    case Kind::kCells:
      return fmt::format("rows of {} cells", range_text(corpus, 0));
    case Kind::kFields:
      return fmt::format("rows of {}", fields_text(corpus));
    case Kind::kBytes:
      if (!corpus.columns.empty()) return fmt::format("texts of column '{}'", printable_utf8(corpus.columns[0]));
      break;
  }
  return "items";
}

TableOptions table_options(const DataOptions& options, bool may_lack_labels) {
  TableOptions table;
  table.label_column = options.label_column;
  table.min_labels = 1;  // what is needed, the task says
  table.may_lack_labels = may_lack_labels;
  table.labelled = options.labelled;
  table.max_bad_fraction = options.max_bad_fraction;
  table.memory_bytes = options.memory_bytes;
  table.spill_folder = options.spill_folder;
  table.as = options.kind;
  table.column = options.column;
  table.columns = options.columns;
  table.fields = options.fields;
  table.asked_kinds = options.asked_kinds;
  table.n_threads = options.n_threads;
  return table;
}

FieldsGuess look_for_fields(const std::string& path, const DataOptions& options) {
  const bool asked = options.kind == Kind::kFields;
  if (options.kind || !options.column.empty()) return {.has_files = asked, .has_company = asked, .remark = {}};
  return look_for_fields(path, table_options(options, true));
}

// A list of files with company that counts; else what its further columns are is said.
bool is_list_with_fields(const std::string& path, const DataOptions& options) {
  const FieldsGuess guess = look_for_fields(path, options);
  if (!guess.has_company && !guess.remark.empty()) say(guess.remark);
  return guess.has_company;
}

// Here a column of files by itself is a field too: its names as cells would say nothing.
Corpus read_table(const std::string& path, const DataOptions& options, bool may_lack_labels) {
  TableOptions table = table_options(options, may_lack_labels);
  if (const FieldsGuess guess = look_for_fields(path, options); guess.has_files) {
    if (guess.has_company && !guess.remark.empty()) say(guess.remark);
    return read_fields_table(path, table);
  }
  if (!options.asked_kinds.empty()) table.as = Kind::kCells;  // no column of files is left
  return read_table_file(path, table);
}

// Labels that only `more` has come last.
void add_labels(Corpus& to, const Corpus& more) {
  for (const std::string& label : more.labels)
    if (std::ranges::find(to.labels, label) == to.labels.end()) to.labels.push_back(label);
}

Corpus read_tables(const std::vector<std::string>& paths, const DataOptions& options, bool may_lack_labels) {
  Corpus corpus = read_table(paths.front(), options, may_lack_labels);
  for (size_t i = 1; i < paths.size(); ++i) {
    const Corpus more = read_table(paths[i], options, may_lack_labels);
    add_labels(corpus, more);
    append_corpus(corpus, more, paths[i]);
  }
  return corpus;
}

bool may_be_several_labels(const DataOptions& options) { return options.task.value_or(Task::kLabels) == Task::kLabels; }

// An item without a label, which is one only where an item has several.
bool has_unlabelled(const Corpus& corpus, const DataOptions& options) {
  return options.task.value_or(guess_task(corpus)) != Task::kLabels &&
         std::ranges::find(corpus.labels, "") != corpus.labels.end();
}

TaskOptions task_options(const DataOptions& options, bool repeating) {
  return {.task = options.task, .labels = options.labels, .min_labels = options.min_labels, .repeating = repeating};
}

// The files that hold many items each, where DATA is one or a folder of them.
std::vector<std::string> tables_of(const std::string& data, const DataOptions& options) {
  const bool text = !options.column.empty() || (options.kind == Kind::kBytes && !options.columns.empty());
  if (options.kind == Kind::kBytes && !text) return {};
  const bool by_name = text || options.kind == Kind::kFields || !options.asked_kinds.empty();
  if (by_name ? has_table_name(data) : is_table_file(data) || is_list_with_fields(data, options)) return {data};
  std::vector<std::string> parts = table_parts(data, options.split);
  require(options.column.empty() || !parts.empty(), ErrorKind::kUsage, "is no table, and a column of text is asked for",
          "a table is a .csv, .tsv or .jsonl file, or a folder with train.csv and test.csv", data);
  return parts;
}

void say_if_streamed(const Corpus& corpus) {
  if (!corpus.arena.in_file()) return;
  const uint64_t n_shards = (corpus.n_bytes() + corpus.arena.shard_bytes() - 1) / corpus.arena.shard_bytes();
  const std::string half = corpus.kind == Kind::kFields ? " (half of it, as fields are held twice)" : "";
  say(fmt::format("{} are more than the {} that --memory allows{}: streamed from a temporary file in {} shards",
                  format_bytes(static_cast<double>(corpus.n_bytes())),
                  format_bytes(static_cast<double>(corpus.arena.limits().memory_bytes)), half, format_count(n_shards)));
}

}  // namespace

std::string describe(const Corpus& corpus, const std::string& formats) {
  const std::string what = corpus.n_items() == 0 ? "items" : shapes_text(corpus, formats);
  return fmt::format("{}: {} {}, {}, {}", kind_name(corpus.kind), format_count(corpus.n_items()), what,
                     answers_text(corpus), format_bytes(static_cast<double>(corpus.n_bytes())));
}

DataSet read_data_set(const std::string& data, const DataOptions& options) {
  if (const auto tables = tables_of(data, options); !tables.empty()) {
    Corpus corpus = read_tables(tables, options, may_be_several_labels(options));
    if (options.labelled) {
      if (has_unlabelled(corpus, options)) corpus = read_tables(tables, options, false);
      assign_task(corpus, task_options(options, true), data);
    }
    say_if_streamed(corpus);
    std::string description = describe(corpus, "");
    return {std::move(corpus), std::move(description)};
  }
  const bool is_list = has_list_name(data);
  SourceOptions source{.split = options.split,
                       .label_column = options.label_column,
                       .min_labels = is_list || !options.labelled ? 1 : options.min_labels,
                       .may_lack_labels = !options.labelled || may_be_several_labels(options),
                       .labelled = options.labelled};
  // What an archive holds is kept beside the arena until that is filled: together they stay within the limit.
  source.keep_bytes = std::min(source.keep_bytes, arena_limits(options.memory_bytes, "").memory_bytes / 4);
  const CorpusOptions reading{.max_bad_fraction = options.max_bad_fraction,
                              .memory_bytes = options.memory_bytes,
                              .spill_folder = options.spill_folder,
                              .n_threads = options.n_threads};
  Corpus files = read_corpus(list_source(data, source), reading);
  const KindGuess guess = guess_kind(files);
  if (!options.kind && !guess.remark.empty()) say(guess.remark);
  const Kind kind = options.kind.value_or(guess.kind);
  const std::string formats = kind == guess.kind ? guess.formats : "";
  Corpus corpus = decode_corpus(std::move(files), kind, reading, data);
  say_if_streamed(corpus);
  if (!is_list) corpus.declared_task = Task::kLabel;  // a folder's name is a label
  if (options.labelled && has_unlabelled(corpus, options)) {
    source.may_lack_labels = false;
    list_source(data, source);  // says where
  }
  if (options.labelled) assign_task(corpus, task_options(options, false), data);
  std::string description = describe(corpus, formats);
  return {std::move(corpus), std::move(description)};
}

}  // namespace gulo
