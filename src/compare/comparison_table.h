// A comparison as people read it in a terminal.
#pragma once

#include <string>

#include "compare/comparison.h"

namespace gulo {

// A line a contestant, the curve where there is one, who was left out and why, and the verdict last.
std::string comparison_table(const Comparison& comparison);

}  // namespace gulo
