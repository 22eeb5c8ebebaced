// Archives as trees of files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/skip_tally.h"
#include "data/tree_entry.h"

namespace gulo {

// True for names that end like an archive's: .tar, .tar.*, .tgz, .tzst, .txz, .tbz2, .zip.
bool has_archive_name(const std::string& path);

struct ArchiveTree {
  std::vector<TreeEntry> entries;
  std::shared_ptr<const std::vector<uint8_t>> contents;  // as in Listing
};

// Lists an archive in one pass, with progress, and keeps its files' bytes where they are at most `keep_bytes`. Of
// members with the same path the first counts; the others go to `skipped`. Throws Error (kData).
ArchiveTree list_archive(const std::string& path, uint64_t keep_bytes, SkipTally& skipped);

}  // namespace gulo
