// For tests: GIF files through giflib.
#pragma once

#include <array>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

struct GifPicture {
  int canvas_width = 1, canvas_height = 1;
  int left = 0, top = 0, width = 1, height = 1;   // of the frame
  std::vector<std::array<uint8_t, 3>> palette{};  // 2, 4, 8... 256 colours
  std::vector<uint8_t> indices{};                 // [height, width]
  int transparent = -1;
  bool interlaced = false, local_palette = false;
  int n_frames = 1;  // the same frame again and again
};

std::vector<uint8_t> encode_gif(const GifPicture& picture);

}  // namespace gulo
