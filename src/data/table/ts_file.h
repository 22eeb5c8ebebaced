// UCR/UEA series (.ts, as sktime and aeon write them): a head of @ lines, then one series a line, its values apart by
// commas, its dimensions and last of all its label apart by colons.
//
// Gives samples of float32 [T, C], C the dimensions. A missing value ("?") is NaN; a dimension that is shorter than the
// others of its series ends in NaN. Timestamps are refused.
#pragma once

#include <string>
#include <string_view>

#include "data/table/table_file.h"

namespace gulo {

// Whether the first line that is no comment begins with @: other files are called .ts, too.
bool is_ts(std::string_view text);

// Errors as read_table_file.
Corpus read_ts(std::string_view text, const std::string& path, const TableOptions& options);

}  // namespace gulo
