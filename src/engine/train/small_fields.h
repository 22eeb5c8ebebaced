// For tests: items of several fields, a field of every other kind.
#pragma once

#include <fmt/core.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "data/cells.h"
#include "data/corpus.h"
#include "data/fields.h"

namespace gulo {

// A short text of as or bs, a picture that is dark or bright, a sound, and a number above or below zero; the label says
// whether text and number agree. Every seventh item has no picture, every fifth no text.
inline Corpus many_fields(size_t n_items) {
  Corpus corpus;
  corpus.kind = Kind::kFields;
  corpus.fields = {{"text", Kind::kBytes}, {"photo", Kind::kPixels}, {"sound", Kind::kSamples}, {"", Kind::kCells}};
  corpus.columns = {"number"};
  corpus.labels = {"no", "yes"};
  Rng rng(3);
  for (size_t i = 0; i < n_items; ++i) {
    const bool is_a = rng.below(2) != 0, is_positive = rng.below(2) != 0;
    const std::vector<uint8_t> text(i % 5 == 4 ? 0 : 20 + rng.below(30), is_a ? 'a' : 'b');
    std::vector<uint8_t> picture(i % 7 == 6 ? 0 : 64);
    for (uint8_t& value : picture) value = static_cast<uint8_t>(rng.below(256));
    std::vector<uint8_t> sound(2 * (200 + rng.below(100)));
    for (uint8_t& value : sound) value = static_cast<uint8_t>(rng.below(256));
    const std::vector<uint8_t> cells =
        pack_cells(std::vector<std::string>{fmt::format("{}{:.3f}", is_positive ? "" : "-", 0.2 + rng.uniform())});
    const uint32_t side = picture.empty() ? 0 : 8;
    const std::vector<ItemView> views{
        bytes_view(text),
        {{.extents = {side, side, 1}}, picture},
        {{.type = ValueType::kInt16, .extents = {static_cast<uint32_t>(sound.size() / 2), 1, 1}, .rate_hz = 8000},
         sound},
        {{.extents = {1, 1, 1}}, cells}};
    const std::vector<uint8_t> item = pack_fields(views);
    corpus.arena.insert(corpus.arena.end(), item.begin(), item.end());
    corpus.offsets.push_back(corpus.arena.size());
    corpus.shapes.push_back({.extents = {4, 1, 1}});
    corpus.item_labels.push_back(is_a == is_positive ? 1 : 0);
  }
  corpus.arena.resize(corpus.arena.size() + Corpus::kArenaPadding);
  return corpus;
}

}  // namespace gulo
