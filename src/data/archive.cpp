#include "data/archive.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "base/lower.h"
#include "base/progress.h"
#include "base/units.h"
#include "data/archive_reader.h"

namespace gulo {

namespace {

constexpr uint64_t kChunkBytes = 64 << 10;

// The bytes of the files seen so far, until they become too many.
class KeptContents {
 public:
  explicit KeptContents(uint64_t keep_bytes) : keep_bytes_(keep_bytes) {}

  // Takes the reader's current file: sets its size, and its offset where its bytes are kept.
  void take(ArchiveReader& reader, TreeEntry& file) {
    if (keeping_ && bytes_.size() + reader.stated_bytes().value_or(0) > keep_bytes_) stop_keeping();
    if (keeping_) {
      const size_t begin = bytes_.size();
      if (append(reader))
        file.content_offset = begin;
      else
        bytes_.resize(begin);
      file.size_bytes = bytes_.size() - begin;
      if (bytes_.size() > keep_bytes_) stop_keeping();
    }
    if (!keeping_) file.size_bytes = reader.stated_bytes() ? *reader.stated_bytes() : file.size_bytes + rest(reader);
  }

  std::shared_ptr<const std::vector<uint8_t>> release() {
    return keeping_ ? std::make_shared<const std::vector<uint8_t>>(std::move(bytes_)) : nullptr;
  }

 private:
  void stop_keeping() {
    keeping_ = false;
    std::vector<uint8_t>().swap(bytes_);
  }

  // Appends the current file, or as much of it as shows that it is too large. False: it cannot be read.
  bool append(ArchiveReader& reader) {
    for (;;) {
      const size_t at = bytes_.size();
      // One byte more than stated finds the end, and with it the checksum of a zip member, in the same call.
      const uint64_t asked = std::min(reader.stated_bytes().value_or(kChunkBytes), keep_bytes_) + 1;
      bytes_.resize(at + asked);
      const auto n_read = reader.read(std::span(bytes_).subspan(at));
      bytes_.resize(at + n_read.value_or(0));
      if (!n_read) return false;
      if (*n_read < asked || bytes_.size() > keep_bytes_) return true;
    }
  }

  static uint64_t rest(ArchiveReader& reader) {
    std::array<uint8_t, kChunkBytes> chunk;
    uint64_t size_bytes = 0;
    while (const size_t n_read = reader.read(chunk).value_or(0)) size_bytes += n_read;
    return size_bytes;
  }

  uint64_t keep_bytes_;
  bool keeping_ = true;
  std::vector<uint8_t> bytes_;
};

}  // namespace

bool has_archive_name(const std::string& path) {
  const std::string name = lower(path.substr(path.rfind('/') + 1));
  for (const std::string_view ending : {".tar", ".tgz", ".tzst", ".txz", ".tbz2", ".zip"})
    if (name.ends_with(ending)) return true;
  const size_t last_dot = name.rfind('.');
  return last_dot != std::string::npos && name.substr(0, last_dot).ends_with(".tar");
}

ArchiveTree list_archive(const std::string& path, uint64_t keep_bytes, SkipTally& skipped) {
  const auto reader = open_archive(path);
  Progress progress("listing");
  KeptContents contents(keep_bytes);
  std::unordered_set<std::string> seen;
  ArchiveTree tree;
  while (reader->next(skipped)) {
    TreeEntry entry{reader->path(), reader->folder()};
    if (!seen.insert(entry.path).second) {
      if (!entry.folder) skipped.add("members with the path of an earlier member", entry.path);
      continue;
    }
    if (!entry.folder) contents.take(*reader, entry);
    tree.entries.push_back(std::move(entry));
    progress.update(reader->fraction_done(), format_count(tree.entries.size()) + " members");
  }
  tree.contents = contents.release();
  return tree;
}

}  // namespace gulo
