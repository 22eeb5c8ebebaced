// Checks of the numbers that a network is built from: whatever is in a damaged model file, no memory is taken for it.
#pragma once

#include <string>

namespace gulo {

// All throw Error (kData) that names the field.
void check_network(bool condition, const std::string& what);
void check_range(int value, int least, int most, const std::string& name);
// A channel count: what kernels with 16 lanes take.
void check_width(int width, const std::string& name);

}  // namespace gulo
