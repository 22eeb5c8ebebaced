#include "data/folder.h"

#include <fmt/core.h>
#include <fts.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace gulo {

namespace {

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string kind_of_special(mode_t mode) {
  if (S_ISSOCK(mode)) return "sockets";
  if (S_ISFIFO(mode)) return "named pipes";
  return "devices";
}

}  // namespace

std::string join_path(const std::string& folder, const std::string& name) {
  const std::string above = without_trailing_slashes(folder);
  return above.empty() || above == "/" ? above + name : above + '/' + name;
}

std::vector<TreeEntry> walk_folder(const std::string& root, SkipTally& skipped) {
  std::string top = without_trailing_slashes(root);
  const size_t prefix = join_path(top, "").size();
  char* const roots[] = {top.data(), nullptr};
  // FTS_LOGICAL follows links and finds loops among them by device and inode.
  const std::unique_ptr<FTS, int (*)(FTS*)> walk(fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, nullptr), fts_close);
  require(walk != nullptr, ErrorKind::kData, fmt::format("cannot be read: {}", std::strerror(errno)), "", root);
  std::vector<TreeEntry> entries;
  while (const FTSENT* entry = fts_read(walk.get())) {
    const bool is_root = entry->fts_level == FTS_ROOTLEVEL;
    const bool unreadable = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;
    require(!is_root || !unreadable, ErrorKind::kData,
            fmt::format("cannot be read: {}", std::strerror(entry->fts_errno)), "", root);
    if (is_root) continue;
    std::string path(entry->fts_path + prefix);
    switch (entry->fts_info) {
      case FTS_D:
        entries.push_back({std::move(path), true});
        break;
      case FTS_DP:
        break;
      case FTS_F:
        entries.push_back({std::move(path), false, static_cast<uint64_t>(entry->fts_statp->st_size)});
        break;
      case FTS_DC:
        skipped.add("links to a folder above them", entry->fts_path);
        break;
      case FTS_SL:
      case FTS_SLNONE:
        skipped.add("broken links", entry->fts_path);
        break;
      case FTS_DEFAULT:
        skipped.add(kind_of_special(entry->fts_statp->st_mode), entry->fts_path);
        break;
      default:
        skipped.add("folders and files that cannot be read", entry->fts_path);
        break;
    }
  }
  require(errno == 0, ErrorKind::kData, fmt::format("cannot be read: {}", std::strerror(errno)), "", root);
  return entries;
}

}  // namespace gulo
