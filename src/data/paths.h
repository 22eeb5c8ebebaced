// The files that a command line names.
#pragma once

#include <string>
#include <vector>

namespace gulo {

// `paths` in their order; with `recursive` each folder gives way to the files in it, at any depth, sorted by name. All
// else stays as it is, also what is absent, "-" and (without `recursive`) folders: reading reports it, item by item.
std::vector<std::string> expand_paths(const std::vector<std::string>& paths, bool recursive);

}  // namespace gulo
