// In place of ../archive_reader.cpp where the build found no libarchive.
#include "data/archive_reader.h"

#include "base/error.h"

namespace gulo {

ArchiveReader::ArchiveReader(const std::string& path) {
  throw Error(ErrorKind::kData, "this build of gulo reads no archives",
              "unpack it and give the folder, or install libarchive-dev and build gulo again", path);
}

ArchiveReader::~ArchiveReader() = default;
bool ArchiveReader::next(SkipTally&) { return false; }
std::optional<uint64_t> ArchiveReader::stated_bytes() const { return std::nullopt; }
std::optional<size_t> ArchiveReader::read(std::span<uint8_t>) { return std::nullopt; }

std::vector<uint8_t> unpack_file(const std::string& path, uint64_t) {
  throw Error(ErrorKind::kData, "this build of gulo unpacks no files",
              "unpack it, or install libarchive-dev and build gulo again", path);
}

double ArchiveReader::fraction_done() const { return 1; }
void ArchiveReader::fail_broken() const { throw Error(ErrorKind::kData, "broken archive", "", archive_path_); }

}  // namespace gulo
