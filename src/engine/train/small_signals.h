// For tests: signals that are made, and that can be learned.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/rng.h"
#include "data/corpus.h"

namespace gulo {

struct SignalSort {
  uint32_t n_times = 0, channels = 1, rate_hz = 0;
  double level = 1, offset = 0;
  uint32_t n_more_times = 0;  // up to so many, at random
};

// Label 0 are sines of one frequency, label 1 of another, in noise.
inline Corpus small_signals(int n_items, const SignalSort& sort) {
  Corpus corpus;
  corpus.kind = Kind::kSamples;
  corpus.labels = {"low", "high"};
  Rng rng(1), lengths(2);
  for (int i = 0; i < n_items; ++i) {
    std::vector<float> values;
    const double step = i % 2 == 0 ? 0.3 : 0.5, phase = 6.28 * rng.uniform();
    const auto n_times = sort.n_times + static_cast<uint32_t>(lengths.below(uint64_t{sort.n_more_times} + 1));
    for (uint32_t t = 0; t < n_times; ++t)
      for (uint32_t c = 0; c < sort.channels; ++c)
        values.push_back(
            static_cast<float>(sort.offset + sort.level * (std::sin(step * t + phase) + rng.uniform() - 0.5)));
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    corpus.arena.insert(corpus.arena.end(), bytes, bytes + values.size() * sizeof(float));
    corpus.offsets.push_back(corpus.arena.size());
    corpus.item_labels.push_back(i % 2);
    corpus.shapes.push_back({ValueType::kFloat32, {n_times, sort.channels, 1}, sort.rate_hz});
  }
  corpus.arena.insert(corpus.arena.end(), Corpus::kArenaPadding, 0);
  return corpus;
}

}  // namespace gulo
