#include "data/corpus.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "base/units.h"
#include "base/utf8.h"
#include "data/archive_reader.h"
#include "data/bad_items.h"
#include "data/memory.h"

namespace gulo {

namespace {

constexpr size_t kItemsPerTurn = 8;

uint64_t saturating_add(uint64_t a, uint64_t b) {
  return a > std::numeric_limits<uint64_t>::max() - b ? std::numeric_limits<uint64_t>::max() : a + b;
}

// An arena with a slot for each item, as large as the listing states, which reading fills.
class CorpusReader {
 public:
  CorpusReader(const Listing& listing, const CorpusOptions& options)
      : listing_(listing), options_(options), read_bytes_(listing.items.size(), kBad) {
    reserve_arena();
    corpus_.labels = listing.labels;
    corpus_.content_hashes.resize(listing.items.size());
    for (const SourceItem& item : listing.items) {
      corpus_.item_labels.push_back(item.label);
      corpus_.names.push_back(printable_utf8(item.name));
    }
  }

  void read() {
    if (listing_.contents)
      for_each_item([this](size_t i) { copy_kept(i); });
    else if (listing_.archive)
      read_archive();
    else
      for_each_item([this](size_t i) { read_file(i); });
  }

  Corpus finish() {
    report_bad();
    compact();
    return std::move(corpus_);
  }

 private:
  static constexpr uint64_t kBad = ~uint64_t{0};

  std::span<uint8_t> slot(size_t i) {
    return {corpus_.arena.data() + corpus_.offsets[i], static_cast<size_t>(listing_.items[i].size_bytes)};
  }

  void reserve_arena() {
    for (const SourceItem& item : listing_.items)
      corpus_.offsets.push_back(saturating_add(corpus_.offsets.back(), item.size_bytes));
    corpus_.arena = Arena(arena_limits(options_.memory_bytes, options_.spill_folder));
    corpus_.arena.resize(saturating_add(corpus_.offsets.back(), Corpus::kArenaPadding));
  }

  template <class Body>
  void for_each_item(const Body& body) {
    parallel_for(listing_.items.size(), options_.n_threads, kItemsPerTurn, [&](size_t i, int thread) {
      body(i);
      if (thread == 0) show_progress();
    });
  }

  void read_file(size_t i) {
    try {
      store(i, read_regular_file(listing_.items[i].name, slot(i)));
    } catch (const Error& error) {
      fail(i, error.message());
    }
  }

  void copy_kept(size_t i) {
    const SourceItem& item = listing_.items[i];
    if (item.content_offset == SourceItem::kNotKept) return fail(i, "cannot be unpacked");
    if (item.size_bytes > 0)
      std::memcpy(slot(i).data(), listing_.contents->data() + item.content_offset, item.size_bytes);
    store(i, item.size_bytes);
  }

  void read_archive() {
    std::unordered_map<std::string_view, size_t> wanted;
    for (size_t i = 0; i < listing_.items.size(); ++i) wanted.emplace(listing_.items[i].name, i);
    const auto reader = open_archive(listing_.data);
    SkipTally counted_before;
    while (!wanted.empty() && reader->next(counted_before)) {
      const auto place = wanted.find(reader->path());
      if (reader->folder() || place == wanted.end()) continue;
      read_member(*reader, place->second);
      wanted.erase(place);
      show_progress();
    }
    for (const auto& [name, i] : wanted) fail(i, "is no longer in the archive");
  }

  void read_member(ArchiveReader& reader, size_t i) {
    const auto n_read = reader.read(slot(i));
    // Past the last byte: zip finds a wrong checksum only there.
    uint8_t behind = 0;
    if (n_read && reader.read({&behind, 1}))
      store(i, *n_read);
    else
      fail(i, "cannot be unpacked");
  }

  void store(size_t i, uint64_t n_bytes) {
    corpus_.content_hashes[i] = XXH3_64bits(slot(i).data(), n_bytes);
    corpus_.arena.looked_at(n_bytes);
    read_bytes_[i] = n_bytes;
    ++n_done_;
    n_bytes_done_ += n_bytes;
  }

  void fail(size_t i, const std::string& reason) {
    bad_.add(i, reason);
    ++n_done_;
  }

  void show_progress() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_shown_ < std::chrono::milliseconds(50)) return;
    last_shown_ = now;
    progress_.update(static_cast<double>(n_done_) / static_cast<double>(listing_.items.size()),
                     fmt::format("{} items  {}/s", format_count(n_done_),
                                 format_bytes(static_cast<double>(n_bytes_done_) / std::max(seconds, 1e-9))));
  }

  void report_bad() {
    corpus_.n_bad = bad_.count();
    bad_.report(corpus_.names, listing_.items.size(), options_.max_bad_fraction, listing_.data);
  }

  // Closes the gaps that bad and shrunken items left.
  void compact() {
    size_t kept = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < read_bytes_.size(); ++i) {
      if (read_bytes_[i] == kBad) continue;
      const uint64_t begin = corpus_.offsets[i];
      if (begin != end) {
        std::memmove(corpus_.arena.data() + end, corpus_.arena.data() + begin, read_bytes_[i]);
        corpus_.arena.looked_at(2 * read_bytes_[i]);
      }
      corpus_.offsets[kept] = end;
      corpus_.item_labels[kept] = corpus_.item_labels[i];
      corpus_.content_hashes[kept] = corpus_.content_hashes[i];
      if (kept != i) corpus_.names[kept] = std::move(corpus_.names[i]);
      end += read_bytes_[i];
      ++kept;
    }
    corpus_.offsets.resize(kept + 1);
    corpus_.offsets[kept] = end;
    corpus_.item_labels.resize(kept);
    corpus_.content_hashes.resize(kept);
    corpus_.names.resize(kept);
    corpus_.arena.resize(end + Corpus::kArenaPadding);
    std::fill(corpus_.arena.end() - Corpus::kArenaPadding, corpus_.arena.end(), uint8_t{0});
  }

  const Listing& listing_;
  const CorpusOptions& options_;
  Corpus corpus_;
  std::vector<uint64_t> read_bytes_;
  BadItems bad_;
  std::atomic<uint64_t> n_done_{0}, n_bytes_done_{0};
  Progress progress_{"reading"};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), last_shown_ = start_;
};

}  // namespace

std::vector<ItemView> Corpus::views(std::span<const uint32_t> items) const {
  std::vector<ItemView> views;
  for (const uint32_t item : items) views.push_back(view(item));
  return views;
}

ArenaLimits arena_limits(uint64_t memory_bytes, const std::string& spill_folder) {
  return {memory_bytes > 0 ? memory_bytes : free_memory_bytes() / 2, spill_folder};
}

Corpus read_corpus(const Listing& listing, const CorpusOptions& options) {
  require(!listing.items.empty(), ErrorKind::kData, "has no items", "", listing.data);
  CorpusReader reader(listing, options);
  reader.read();
  return reader.finish();
}

namespace {

// The labels of `more` as numbered in `to`.
std::vector<int> map_labels(const Corpus& to, const Corpus& more, const std::string& more_data) {
  std::vector<int> numbers;
  for (const std::string& label : more.labels) {
    const auto found = std::find(to.labels.begin(), to.labels.end(), label);
    require(found != to.labels.end(), ErrorKind::kData, "has label " + label + ", which the training data have not",
            "validate on the labels that are trained", more_data);
    numbers.push_back(static_cast<int>(found - to.labels.begin()));
  }
  return numbers;
}

}  // namespace

void append_corpus(Corpus& to, const Corpus& more, const std::string& more_data) {
  const std::vector<int> label_map = map_labels(to, more, more_data);
  to.arena.resize(to.n_bytes());  // without its padding
  for (size_t i = 0; i < more.n_items(); ++i) {
    to.arena.append(more.item(i));
    to.offsets.push_back(to.offsets.back() + more.item(i).size());
    const int label = more.item_labels[i];
    to.item_labels.push_back(more.task == Task::kLabel ? label_map[static_cast<size_t>(label)] : label);
  }
  to.arena.resize(to.arena.size() + Corpus::kArenaPadding);
  for (const std::vector<int>& set : more.label_sets) {
    std::vector<int>& mapped = to.label_sets.emplace_back();
    for (const int label : set) mapped.push_back(label_map[static_cast<size_t>(label)]);
    std::sort(mapped.begin(), mapped.end());
  }
  to.numbers.insert(to.numbers.end(), more.numbers.begin(), more.numbers.end());
  to.names.insert(to.names.end(), more.names.begin(), more.names.end());
  to.shapes.insert(to.shapes.end(), more.shapes.begin(), more.shapes.end());
  to.content_hashes.insert(to.content_hashes.end(), more.content_hashes.begin(), more.content_hashes.end());
  to.n_bad += more.n_bad;
}

}  // namespace gulo
