// One pass over the members of an archive: tar (plain, or packed by zstd, gzip, xz, bzip2, lz4) or zip, by libarchive.
// A build without libarchive takes no_libarchive/archive_reader.cpp instead of libarchive/archive_reader.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/skip_tally.h"

namespace gulo {

class ArchiveReader {
 public:
  ArchiveReader() = default;
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  virtual ~ArchiveReader() = default;

  // Moves to the next file or folder; false at the end. Links, devices and members whose path is absolute or climbs
  // with ".." go to `skipped`. Throws Error (kData) where the archive is broken or cut short, like read.
  virtual bool next(SkipTally& skipped) = 0;

  virtual const std::string& path() const = 0;  // as in TreeEntry
  virtual bool folder() const = 0;
  virtual std::optional<uint64_t> stated_bytes() const = 0;  // of the file; some zip files state none

  // Reads the file's next bytes until destination is full; fewer: the file's end. nullopt: this file cannot be read
  // (encrypted, wrong checksum, unknown packing), the next one may be.
  virtual std::optional<size_t> read(std::span<uint8_t> destination) = 0;

  virtual double fraction_done() const = 0;  // of the archive's own bytes
};

// Throws Error (kData) where the archive cannot be opened, and always in a build without libarchive.
std::unique_ptr<ArchiveReader> open_archive(const std::string& path);

// The whole of one packed file (.gz, .zst, .xz, ...) that is no archive. Throws Error (kData) where it is none, broken,
// cut short, or more than max_bytes; always in a build without libarchive.
std::vector<uint8_t> unpack_file(const std::string& path, uint64_t max_bytes);

}  // namespace gulo
