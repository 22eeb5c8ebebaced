// In place of ../libarchive/archive_reader.cpp where the build found no libarchive.
#include "data/archive_reader.h"

#include "base/error.h"

namespace gulo {

std::unique_ptr<ArchiveReader> open_archive(const std::string& path) {
  throw Error(ErrorKind::kData, "this build of gulo reads no archives",
              "unpack it and give the folder, or install libarchive-dev and build gulo again", path);
}

std::vector<uint8_t> unpack_file(const std::string& path, uint64_t) {
  throw Error(ErrorKind::kData, "this build of gulo unpacks no files",
              "unpack it, or install libarchive-dev and build gulo again", path);
}

}  // namespace gulo
