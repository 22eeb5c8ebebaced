#include "engine/net/spec_check.h"

#include "base/error.h"

namespace gulo {

void check_network(bool condition, const std::string& what) {
  require(condition, ErrorKind::kData, "the deep network's " + what, "the model is damaged or of another version");
}

void check_range(int value, int least, int most, const std::string& name) {
  check_network(value >= least && value <= most, name + " is " + std::to_string(value) + ", not " +
                                                     std::to_string(least) + " to " + std::to_string(most));
}

void check_width(int width, const std::string& name) {
  constexpr int kMaxWidth = 4096;
  check_range(width, 16, kMaxWidth, name);
  check_network(width % 16 == 0, name + " is " + std::to_string(width) + ", not a multiple of 16");
}

}  // namespace gulo
