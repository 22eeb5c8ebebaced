#include "data/decoder.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <new>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "data/bad_items.h"
#include "data/memory.h"

namespace gulo {
namespace {

constexpr double kMajority = 0.9;
constexpr size_t kItemsPerTurn = 4;

// Which formats the files of each label are of.
using FormatsOfLabel = std::map<int, std::set<std::string_view>>;

bool labels_are_formats(const FormatsOfLabel& formats, size_t n_formats) {
  return n_formats > 1 && n_formats == formats.size() &&
         std::ranges::all_of(formats, [](const auto& label) { return label.second.size() == 1; });
}

std::string plural(Kind kind) {
  return kind == Kind::kPixels ? "pictures" : kind == Kind::kSamples ? "recordings" : std::string(kind_name(kind));
}

// Decodes into items of their own first: how large each is, only its container knows.
class CorpusDecoder {
 public:
  CorpusDecoder(Corpus files, Kind kind, const CorpusOptions& options, const std::string& data)
      : files_(std::move(files)), kind_(kind), options_(options), data_(data), items_(files_.n_items()) {
    allowed_bytes_ = options.memory_bytes > 0 ? options.memory_bytes : free_memory_bytes() / 2;
  }

  Corpus decode() {
    Progress progress("opening");
    parallel_for(items_.size(), options_.n_threads, kItemsPerTurn, [&](size_t i, int thread) {
      decode(i);
      const size_t done = ++n_done_;
      if (thread == 0)
        progress.update(static_cast<double>(done) / static_cast<double>(items_.size()), format_count(done) + " items");
    });
    require(n_bytes_ <= allowed_bytes_, ErrorKind::kDevice,
            fmt::format("the items' values take more than the {} of memory that may be used for them",
                        format_bytes(static_cast<double>(allowed_bytes_))),
            "give fewer items, free some memory, or use a machine with more of it", data_);
    bad_.report(files_.names, items_.size(), options_.max_bad_fraction, data_);
    return collect();
  }

 private:
  void decode(size_t i) {
    if (n_bytes_ > allowed_bytes_) return;
    try {
      items_[i] = decode_item(files_.item(i), kind_);
      n_bytes_ += items_[i].bytes.size();
    } catch (const Error& error) {
      bad_.add(i, error.message());
    } catch (const std::bad_alloc&) {
      n_bytes_ = allowed_bytes_ + 1;
    }
  }

  Corpus collect() {
    Corpus corpus;
    corpus.kind = kind_;
    corpus.labels = std::move(files_.labels);
    corpus.n_bad = files_.n_bad + bad_.count();
    std::vector<uint8_t>().swap(files_.arena);
    corpus.arena.reserve(n_bytes_ + Corpus::kArenaPadding);
    for (size_t i = 0; i < items_.size(); ++i) {
      if (bad_.contains(i)) continue;
      std::vector<uint8_t>& bytes = items_[i].bytes;
      corpus.arena.insert(corpus.arena.end(), bytes.begin(), bytes.end());
      corpus.offsets.push_back(corpus.arena.size());
      corpus.shapes.push_back(items_[i].shape);
      corpus.item_labels.push_back(files_.item_labels[i]);
      corpus.names.push_back(std::move(files_.names[i]));
      corpus.content_hashes.push_back(XXH3_64bits(bytes.data(), bytes.size()));
      std::vector<uint8_t>().swap(bytes);
    }
    corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
    return corpus;
  }

  Corpus files_;
  const Kind kind_;
  const CorpusOptions& options_;
  const std::string& data_;
  std::vector<RawItem> items_;
  BadItems bad_;
  std::atomic<uint64_t> n_bytes_{0};
  std::atomic<size_t> n_done_{0};
  uint64_t allowed_bytes_ = 0;
};

}  // namespace

KindGuess guess_kind(const Corpus& files) {
  std::array<size_t, 4> n_of_kind{};
  std::array<std::set<std::string_view>, 4> formats;
  std::array<FormatsOfLabel, 4> formats_of_label;
  for (size_t i = 0; i < files.n_items(); ++i) {
    const Reader* reader = find_reader(files.item(i));
    if (!reader) continue;
    const auto kind = static_cast<size_t>(reader->kind);
    ++n_of_kind[kind];
    formats[kind].insert(reader->name);
    formats_of_label[kind][files.item_labels[i]].insert(reader->name);
  }
  const auto most = static_cast<size_t>(std::max_element(n_of_kind.begin(), n_of_kind.end()) - n_of_kind.begin());
  const auto kind = static_cast<Kind>(most);
  const double share = static_cast<double>(n_of_kind[most]) / static_cast<double>(std::max<size_t>(1, files.n_items()));
  const std::string names = fmt::format("{}", fmt::join(formats[most], " and "));
  if (kind == Kind::kBytes || share < 0.5) return {};
  if (labels_are_formats(formats_of_label[most], formats[most].size()))
    return {Kind::kBytes, "",
            fmt::format("each label has a file format of its own ({}): the files are taken as bytes; "
                        "--as {} looks at what they show",
                        names, kind_name(kind))};
  if (share < kMajority)
    return {Kind::kBytes, "",
            fmt::format(
                "{} of the files are {} ({}), the others are not: all are taken as bytes; --as {} takes the {} alone",
                format_percent(share), plural(kind), names, kind_name(kind), plural(kind))};
  return {kind, names, ""};
}

Corpus decode_corpus(Corpus files, Kind kind, const CorpusOptions& options, const std::string& data) {
  if (kind == Kind::kBytes) return files;
  return CorpusDecoder(std::move(files), kind, options, data).decode();
}

RawItem decode_item(std::span<const uint8_t> file, Kind kind, const ReadLimits& limits) {
  if (kind == Kind::kBytes) {
    require(file.size() <= UINT32_MAX, ErrorKind::kData, "is longer than 4 GiB");
    return {{.extents = {static_cast<uint32_t>(file.size()), 1, 1}}, {file.begin(), file.end()}};
  }
  require(kind != Kind::kFields, ErrorKind::kData, "is no row of several fields",
          "give a table with the columns that the recogniser was trained with");
  const Reader* reader = find_reader(file);
  require(reader, ErrorKind::kData, fmt::format("is of no format that is read as {}", kind_name(kind)),
          "docs/formats.md lists them");
  require(reader->kind == kind, ErrorKind::kData,
          fmt::format("is {}, which is read as {}, not as {}", reader->name, kind_name(reader->kind), kind_name(kind)));
  return reader->read(file, limits);
}

}  // namespace gulo
