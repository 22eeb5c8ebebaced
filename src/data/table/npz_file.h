// NumPy's .npz with the items as X (n, T) or (n, T, C) and their labels as y (n): samples [T, C], their type as
// number_type of npy_array.h says. X may also be called x, data or features; y label, labels, target or targets.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/table/table_file.h"

namespace gulo {

using NpzMembers = std::map<std::string, std::vector<uint8_t>>;  // name without .npy -> the .npy file

// Errors as read_table_file.
Corpus read_npz(const std::string& path, const TableOptions& options);
Corpus read_npz_members(const NpzMembers& members, const std::string& path, const TableOptions& options);

}  // namespace gulo
