#include "data/picture_windows.h"

#include <algorithm>

namespace gulo {
namespace {

// Where the windows of `seen` pixels begin that cover `size`.
std::vector<int32_t> origins(int32_t size, int32_t seen) {
  const int64_t n = (int64_t{size} + seen - 1) / seen;
  std::vector<int32_t> origins;
  for (int64_t i = 0; i < n; ++i) origins.push_back(n > 1 ? static_cast<int32_t>((size - seen) * i / (n - 1)) : 0);
  return origins;
}

}  // namespace

std::vector<PictureWindow> picture_windows(int32_t height, int32_t width, int32_t side, size_t max_windows) {
  const int32_t seen_height = std::min(height, side), seen_width = std::min(width, side);
  std::vector<PictureWindow> all;
  for (int32_t top : origins(height, seen_height))
    for (int32_t left : origins(width, seen_width)) all.push_back({top, left, seen_height, seen_width});
  if (max_windows == 0 || all.size() <= max_windows) return all;
  std::vector<PictureWindow> taken;
  for (size_t i = 0; i < max_windows; ++i) taken.push_back(all[(2 * i + 1) * all.size() / (2 * max_windows)]);
  return taken;
}

}  // namespace gulo
