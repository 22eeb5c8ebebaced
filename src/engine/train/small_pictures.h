// For tests: pictures that are made, and that can be learned.
#pragma once

#include <string>

#include "base/rng.h"
#include "data/corpus.h"

namespace gulo {

enum class Mark { kStripes, kSide };

// Noise of many sizes, grey and coloured. kStripes: a patch of lying, standing or no stripes somewhere. kSide: the left
// half is brighter, or the right.
inline Corpus small_pictures(size_t n_items, Mark mark, uint32_t least_side, uint32_t most_side) {
  Corpus corpus;
  corpus.kind = Kind::kPixels;
  const uint32_t n_labels = mark == Mark::kStripes ? 3 : 2;
  for (uint32_t k = 0; k < n_labels; ++k) corpus.labels.push_back(std::to_string(k));
  Rng rng(5);
  for (size_t i = 0; i < n_items; ++i) {
    const auto side = [&] { return least_side + static_cast<uint32_t>(rng.below(most_side - least_side + 1)); };
    const uint32_t height = side(), width = side(), channels = rng.below(3) == 0 ? 1 : 3, label = i % n_labels;
    const auto top = static_cast<uint32_t>(rng.below(height - 7)), left = static_cast<uint32_t>(rng.below(width - 7));
    for (uint32_t y = 0; y < height; ++y)
      for (uint32_t x = 0; x < width; ++x) {
        uint32_t value = 80 + static_cast<uint32_t>(rng.below(40));
        const bool inside = y >= top && y < top + 8 && x >= left && x < left + 8;
        if (mark == Mark::kStripes && inside && label < 2 && (label == 0 ? y : x) / 2 % 2 == 0) value += 120;
        if (mark == Mark::kSide && (x < width / 2) == (label == 0)) value += 60;
        corpus.arena.insert(corpus.arena.end(), channels, static_cast<uint8_t>(value));
      }
    corpus.offsets.push_back(corpus.arena.size());
    corpus.shapes.push_back({ValueType::kUint8, {height, width, channels}, 0});
    corpus.item_labels.push_back(static_cast<int>(label));
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

}  // namespace gulo
