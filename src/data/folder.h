// Walks folders on disk.
#pragma once

#include <string>
#include <vector>

#include "data/skip_tally.h"
#include "data/tree_entry.h"

namespace gulo {

// Every file and folder below `root`, hidden ones too, in no particular order. Links to files and folders are followed;
// a link to a folder above itself, a broken link, a device, pipe or socket and what cannot be read go to `skipped`.
// Throws Error (kData) where `root` is no folder that can be read.
std::vector<TreeEntry> walk_folder(const std::string& root, SkipTally& skipped);

// `folder` and `name` as one path.
std::string join_path(const std::string& folder, const std::string& name);

}  // namespace gulo
