// A file or folder of a tree, on disk or inside an archive.
#pragma once

#include <cstdint>
#include <string>

#include "data/source.h"

namespace gulo {

struct TreeEntry {
  std::string path;  // below the tree's root: names separated by single '/', none at either end
  bool folder = false;
  uint64_t size_bytes = 0;
  uint64_t content_offset = SourceItem::kNotKept;
};

}  // namespace gulo
