// Which windows of a large picture prediction looks at: window_plan.h in two dimensions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gulo {

struct PictureWindow {
  int32_t top = 0, left = 0, height = 0, width = 0;
};

// Windows of at most side x side pixels that cover the picture, spread evenly: a picture up to that size is one window.
// max_windows > 0: at most so many of them, evenly spread over all.
std::vector<PictureWindow> picture_windows(int32_t height, int32_t width, int32_t side, size_t max_windows = 0);

}  // namespace gulo
