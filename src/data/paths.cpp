#include "data/paths.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "base/progress.h"
#include "base/utf8.h"
#include "data/folder.h"

namespace gulo {

namespace {

void append_files_in(const std::string& folder, SkipTally& skipped, std::vector<std::string>& files) {
  const size_t first = files.size();
  for (const TreeEntry& entry : walk_folder(folder, skipped))
    if (!entry.folder) files.push_back(join_path(folder, entry.path));
  if (files.size() == first) warn(fmt::format("{}: holds no files", printable_utf8(folder)));
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
}

}  // namespace

std::vector<std::string> expand_paths(const std::vector<std::string>& paths, bool recursive) {
  if (!recursive) return paths;
  std::vector<std::string> files;
  SkipTally skipped;
  for (const std::string& path : paths) {
    std::error_code error;
    if (path != "-" && std::filesystem::is_directory(path, error))
      append_files_in(path, skipped, files);
    else
      files.push_back(path);
  }
  skipped.warn_of_all();
  return files;
}

}  // namespace gulo
