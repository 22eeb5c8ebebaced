// A comparison as one self-contained HTML page.
#pragma once

#include <string>

#include "compare/comparison.h"

namespace gulo {

// The verdict, bars of error and of time by phase, error against budget where there is a curve, the figures, and the
// pipelines' code side by side.
std::string comparison_page(const Comparison& comparison);

}  // namespace gulo
