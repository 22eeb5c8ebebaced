#include "compare/laid_out_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "base/utf8.h"
#include "compare/child_process.h"
#include "compare/item_files.h"
#include "data/decoder.h"
#include "data/known_labels.h"
#include "data/source.h"
#include "data/split.h"
#include "data/table/data_set.h"
#include "data/table/table_file.h"

namespace gulo {

// Found by the type's namespace, so not in one without a name.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LaidOutData, train_path, test_path, label_column, gulo_kind, rival_kind, labels,
                                   truth, n_train, own_split)

namespace {

constexpr double kTestFraction = 0.2;
constexpr double kTextShare = 0.9;
constexpr size_t kTextSampleItems = 2000;
constexpr size_t kTextSampleBytes = size_t{64} << 10;

// Where DATA has one part only, `test` is empty and the split is still to be made.
struct Parts {
  Corpus train;
  std::optional<Corpus> test;
  Kind kind = Kind::kBytes;
  bool of_files = true;  // items are whole files, and not rows of one
};

bool holds_tables(const std::string& data, const LayoutOptions& options) {
  if (!options.column.empty()) return true;
  return options.as != "bytes" && (is_table_file(data) || !table_parts(data, Split::kTrain).empty());
}

Parts read_tables(const std::string& data, const LayoutOptions& options) {
  DataOptions reading;
  if (options.as != "auto") reading.kind = kind_from_name(options.as);
  reading.label_column = options.label_column;
  reading.column = options.column;
  reading.task = Task::kLabel;
  reading.spill_folder = options.spill_folder;
  reading.max_bad_fraction = options.max_bad_fraction;
  reading.n_threads = options.n_threads;
  Parts parts{.train = read_data_set(data, reading).corpus, .test = {}, .kind = Kind::kCells, .of_files = false};
  parts.kind = parts.train.kind;
  if (table_parts(data, Split::kTest).empty()) return parts;
  reading.split = Split::kTest;
  reading.min_labels = 1;
  reading.kind = parts.kind;
  reading.columns = parts.train.columns;
  parts.test = read_data_set(data, reading).corpus;
  return parts;
}

bool same_items(const Listing& a, const Listing& b) {
  return std::ranges::equal(a.items, b.items, {}, &SourceItem::name, &SourceItem::name);
}

// Those of `corpus` that can be opened as `kind`: what gulo leaves out nobody else shall stumble over.
std::vector<uint32_t> readable_items(const Corpus& corpus, Kind kind, int n_threads) {
  std::vector<uint32_t> all(corpus.n_items());
  std::iota(all.begin(), all.end(), 0u);
  if (kind == Kind::kBytes || !corpus.shapes.empty()) return all;
  std::vector<char> bad(corpus.n_items());
  parallel_for(corpus.n_items(), n_threads, 16, [&](size_t i, int) {
    try {
      decode_item(corpus.item(i), kind);
    } catch (const Error&) {
      bad[i] = 1;
    }
  });
  std::erase_if(all, [&](uint32_t i) { return bad[i] != 0; });
  return all;
}

Parts read_files(const std::string& data, const LayoutOptions& options) {
  const Listing train =
      list_source(data, {.split = Split::kTrain, .label_column = options.label_column, .min_labels = 2});
  const Listing test =
      list_source(data, {.split = Split::kTest, .label_column = options.label_column, .min_labels = 1});
  const CorpusOptions reading{.max_bad_fraction = options.max_bad_fraction,
                              .memory_bytes = 0,
                              .spill_folder = options.spill_folder,
                              .n_threads = options.n_threads};
  Parts parts{.train = read_corpus(train, reading), .test = {}};
  if (!same_items(train, test)) parts.test = read_corpus(test, reading);
  parts.kind = options.as == "auto" ? guess_kind(parts.train).kind : kind_from_name(options.as);
  return parts;
}

// What the items are for those who choose features by hand, whatever gulo takes them for.
std::string rival_kind(const Parts& parts) {
  const Kind kind = parts.of_files ? guess_kind(parts.train).kind : parts.kind;
  if (kind == Kind::kPixels) return "pixels";
  if (kind == Kind::kCells) return "cells";
  if (kind == Kind::kBytes) return is_text(parts.train) ? "text" : "bytes";
  const Reader* reader = parts.of_files && parts.train.n_items() > 0 ? find_reader(parts.train.item(0)) : nullptr;
  return reader == nullptr || reader->name == "NumPy" ? "series" : "sound";
}

// Column names that are none, and a header that is sure to be taken for one.
std::vector<std::string> column_names(const Corpus& corpus) {
  std::vector<std::string> names;
  for (size_t i = 0; i < corpus.columns.size(); ++i) {
    const std::string& name = corpus.columns[i];
    const bool number = name.find_first_not_of("0123456789.") == std::string::npos;
    names.push_back(number ? fmt::format("column_{}", i + 1) : printable_utf8(name));
  }
  return names;
}

std::string unused_name(std::string name, const std::vector<std::string>& used) {
  while (std::ranges::count(used, name) > 0) name += '_';
  return name;
}

// One part of the split, on its way to the folder.
struct Side {
  const Corpus* corpus = nullptr;
  std::vector<uint32_t> items;
};

void write_sides(const Parts& parts, const Side& train, const Side& test, const std::string& folder,
                 LaidOutData& laid) {
  const ItemSelection train_items{*train.corpus, train.items, laid.labels}, test_items{*test.corpus, test.items, {}};
  const auto paths = [&](const std::string& ending) {
    laid.train_path = folder + "/train" + ending;
    laid.test_path = folder + "/test" + ending;
  };
  if (parts.of_files || parts.kind == Kind::kPixels || parts.kind == Kind::kBytes) {
    paths("");
    write_item_files(train_items, laid.train_path);
    write_item_files(test_items, laid.test_path);
  } else if (parts.kind == Kind::kCells) {
    paths(".csv");
    const auto columns = column_names(*train.corpus);
    laid.label_column = unused_name("label", columns);
    write_csv(train_items, columns, laid.label_column, laid.train_path);
    write_csv(test_items, columns, "", laid.test_path);
  } else {
    paths(".ts");
    write_ts(train_items, laid.train_path);
    write_ts(test_items, laid.test_path);
  }
}

LaidOutData lay_out_here(const std::string& data, const LayoutOptions& options, const std::string& folder) {
  const Parts parts = holds_tables(data, options) ? read_tables(data, options) : read_files(data, options);
  LaidOutData laid;
  laid.gulo_kind = kind_name(parts.kind);
  laid.rival_kind = rival_kind(parts);
  laid.own_split = !parts.test.has_value();
  Side train{&parts.train, {}}, test{&parts.train, {}};
  if (parts.test) {
    test.corpus = &*parts.test;
    train.items = readable_items(parts.train, parts.kind, options.n_threads);
    test.items = readable_items(*parts.test, parts.kind, options.n_threads);
  } else {
    const TrainValid split = split_corpus(parts.train, kTestFraction, options.seed);
    const auto readable = readable_items(parts.train, parts.kind, options.n_threads);
    std::ranges::set_intersection(split.train, readable, std::back_inserter(train.items));
    std::ranges::set_intersection(split.valid, readable, std::back_inserter(test.items));
  }
  require(!test.items.empty() && !train.items.empty(), ErrorKind::kData, "there are too few items to split",
          "give at least two of each label, or a test part", data);
  const LabelMatch match = match_labels(parts.train.labels, *test.corpus);
  laid.labels = plain_labels(match.labels);
  for (const uint32_t item : test.items) laid.truth.push_back(match.item_labels[item]);
  laid.n_train = train.items.size();
  laid.labels.resize(parts.train.labels.size());  // the train part is written with its own labels only
  write_sides(parts, train, test, folder, laid);
  return laid;
}

bool is_plain(const std::string& label) {
  static constexpr std::string_view kNotPlain = "/\\:,;|\"'";
  const auto odd = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code <= ' ' || code == 127 || kNotPlain.find(c) != std::string_view::npos;
  };
  return !label.empty() && label.size() <= 200 && label[0] != '.' && label == printable_utf8(label) &&
         std::ranges::none_of(label, odd);
}

bool looks_like_text(std::span<const uint8_t> item) {
  item = item.first(std::min(item.size(), kTextSampleBytes));
  const auto control = [](uint8_t c) { return c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f'; };
  if (std::ranges::count(item, uint8_t{0}) > 0) return false;
  return static_cast<size_t>(std::ranges::count_if(item, control)) * 100 <= item.size();
}

}  // namespace

std::vector<std::string> plain_labels(const std::vector<std::string>& labels) {
  if (std::ranges::all_of(labels, is_plain)) return labels;
  std::vector<std::string> numbers;
  for (size_t i = 0; i < labels.size(); ++i) numbers.push_back(std::to_string(i));
  return numbers;
}

bool is_text(const Corpus& corpus) {
  size_t n_seen = 0, n_text = 0;
  const size_t step = std::max<size_t>(1, corpus.n_items() / kTextSampleItems);
  for (size_t i = 0; i < corpus.n_items(); i += step) {
    ++n_seen;
    n_text += looks_like_text(corpus.item(i));
  }
  return n_seen > 0 && static_cast<double>(n_text) >= kTextShare * static_cast<double>(n_seen);
}

LaidOutData lay_out(const std::string& data, const LayoutOptions& options, const std::string& folder) {
  const std::string facts_path = folder + "/facts.json";
  run_forked([&] {
    const nlohmann::json facts = lay_out_here(data, options, folder);
    std::ofstream(facts_path) << facts;
  });
  LaidOutData laid = nlohmann::json::parse(std::ifstream(facts_path)).get<LaidOutData>();
  std::filesystem::remove(facts_path);  // it holds the test items' labels
  return laid;
}

}  // namespace gulo
