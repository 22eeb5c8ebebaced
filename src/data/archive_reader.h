// One pass over the members of an archive: tar (plain, or packed by zstd, gzip, xz, bzip2, lz4) or zip, by libarchive.
// A build without libarchive takes no_libarchive/archive_reader.cpp instead of archive_reader.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/skip_tally.h"

// libarchive's own, whose header nobody else needs.
struct archive;
struct archive_entry;

namespace gulo {

class ArchiveReader {
 public:
  // Throws Error (kData) where the archive cannot be opened, and always in a build without libarchive.
  explicit ArchiveReader(const std::string& path);
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  // Moves to the next file or folder; false at the end. Links, devices and members whose path is absolute or climbs
  // with
  // ".." go to `skipped`. Throws Error (kData) where the archive is broken or cut short, like read.
  bool next(SkipTally& skipped);

  const std::string& path() const { return member_path_; }  // as in TreeEntry
  bool folder() const { return folder_; }
  std::optional<uint64_t> stated_bytes() const;  // of the file; some zip files state none

  // Reads the file's next bytes until destination is full; fewer: the file's end. nullopt: this file cannot be read
  // (encrypted, wrong checksum, unknown packing), the next one may be.
  std::optional<size_t> read(std::span<uint8_t> destination);

  double fraction_done() const;  // of the archive's own bytes

 private:
  [[noreturn]] void fail_broken() const;

  std::string archive_path_, member_path_;
  uint64_t archive_bytes_ = 0;
  archive* archive_ = nullptr;
  archive_entry* entry_ = nullptr;
  bool folder_ = false;
};

// The whole of one packed file (.gz, .zst, .xz, ...) that is no archive. Throws Error (kData) where it is none, broken,
// cut short, or more than max_bytes; always in a build without libarchive.
std::vector<uint8_t> unpack_file(const std::string& path, uint64_t max_bytes);

}  // namespace gulo
