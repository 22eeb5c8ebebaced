#include "data/decoder.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "data/bad_items.h"

namespace gulo {
namespace {

constexpr double kMajority = 0.9;
constexpr size_t kDecodedPerTurn = 4;
constexpr size_t kPartItems = 1024;
constexpr uint64_t kPartBytes = uint64_t{16} << 20;

// Which formats the files of each label are of.
using FormatsOfLabel = std::map<int, std::set<std::string_view>>;

bool labels_are_formats(const FormatsOfLabel& formats, size_t n_formats) {
  return n_formats > 1 && n_formats == formats.size() &&
         std::ranges::all_of(formats, [](const auto& label) { return label.second.size() == 1; });
}

std::string plural(Kind kind) {
  return kind == Kind::kPixels ? "pictures" : kind == Kind::kSamples ? "recordings" : std::string(kind_name(kind));
}

// How large an item's values are, only its container knows: some at a time are decoded, then put behind those that are
// there, and what they were decoded from is given back.
class CorpusDecoder {
 public:
  CorpusDecoder(Corpus files, Kind kind, const CorpusOptions& options)
      : files_(std::move(files)),
        kind_(kind),
        options_(options),
        limits_(arena_limits(options.memory_bytes, options.spill_folder)) {
    values_.kind = kind;
    values_.labels = std::move(files_.labels);
    values_.arena = Arena(limits_);
  }

  Corpus decode(const std::string& data) {
    Progress progress("opening");
    for (size_t begin = 0; begin < files_.n_items();) {
      const size_t end = end_of_part(begin);
      decode(begin, end);
      leave_room(end);
      for (size_t i = begin; i < end; ++i)
        if (!bad_.contains(i)) keep(i, items_[i - begin]);
      files_.arena.discard(files_.offsets[begin], files_.offsets[end]);
      progress.update(static_cast<double>(end) / static_cast<double>(files_.n_items()), format_count(end) + " items");
      begin = end;
    }
    bad_.report(files_.names, files_.n_items(), options_.max_bad_fraction, data);
    values_.n_bad = files_.n_bad + bad_.count();
    values_.arena.resize(values_.arena.size() + Corpus::kArenaPadding);
    values_.arena.set_limits(limits_);
    return std::move(values_);
  }

 private:
  // Values are ten or twenty times as large as a packed picture: a part's are small beside the memory that is allowed.
  size_t end_of_part(size_t begin) const {
    const uint64_t most_bytes = std::min(kPartBytes, limits_.memory_bytes / 64);
    size_t end = begin + 1;
    while (end < files_.n_items() && end - begin < kPartItems &&
           files_.offsets[end + 1] - files_.offsets[begin] <= most_bytes)
      ++end;
    return end;
  }

  void decode(size_t begin, size_t end) {
    items_.assign(end - begin, {});
    parallel_for(end - begin, options_.n_threads, kDecodedPerTurn, [&](size_t j, int) {
      try {
        items_[j] = decode_item(files_.item(begin + j), kind_);
      } catch (const Error& error) {
        bad_.add(begin + j, error.message());
      } catch (const std::bad_alloc&) {
        bad_.add(begin + j, "does not fit in memory");
      }
    });
  }

  // Files that are still to be opened take memory too: values go to a file the sooner, where they may.
  void leave_room(size_t end) {
    const uint64_t n_waiting = files_.arena.in_file() ? 0 : files_.n_bytes() - files_.offsets[end];
    ArenaLimits limits = limits_;
    if (!limits.folder.empty()) limits.memory_bytes -= std::min(limits.memory_bytes / 2, n_waiting);
    values_.arena.set_limits(limits);
  }

  void keep(size_t i, const RawItem& item) {
    values_.arena.append(item.bytes);
    values_.offsets.push_back(values_.arena.size());
    values_.shapes.push_back(item.shape);
    values_.item_labels.push_back(files_.item_labels[i]);
    values_.names.push_back(std::move(files_.names[i]));
    values_.content_hashes.push_back(XXH3_64bits(item.bytes.data(), item.bytes.size()));
  }

  Corpus files_, values_;
  const Kind kind_;
  const CorpusOptions& options_;
  const ArenaLimits limits_;
  std::vector<RawItem> items_;  // of the part at hand
  BadItems bad_;
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
  return CorpusDecoder(std::move(files), kind, options).decode(data);
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
