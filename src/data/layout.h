// Reads labels out of the folders of a tree: LABEL/FILE, or train/LABEL/FILE and test/LABEL/FILE.
#pragma once

#include <string>
#include <vector>

#include "data/source.h"
#include "data/tree_entry.h"

namespace gulo {

// `name_prefix` + path becomes an item's name. Notes and warnings: folders beside train/ and test/, files outside of
// any label's folder, labels without files. A single folder that holds all is looked into. Throws Error (kData): no
// files, no label folders, too few labels.
Listing list_tree(const std::string& data, const std::vector<TreeEntry>& tree, const std::string& name_prefix,
                  const SourceOptions& options);

}  // namespace gulo
