// Pictures of noise for the tests of pixel networks.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"

namespace gulo {

struct Size {
  uint32_t height, width, channels;
};

inline Corpus random_pictures(const std::vector<Size>& sizes) {
  Corpus corpus;
  corpus.kind = Kind::kPixels;
  Rng rng(3);
  for (const auto& [height, width, channels] : sizes) {
    for (uint32_t i = 0; i < height * width * channels; ++i) corpus.arena.push_back(static_cast<uint8_t>(rng()));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.shapes.push_back({ValueType::kUint8, {height, width, channels}, 0});
    corpus.item_labels.push_back(0);
  }
  return corpus;
}

}  // namespace gulo
