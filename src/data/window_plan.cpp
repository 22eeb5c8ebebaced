#include "data/window_plan.h"

#include <algorithm>

namespace gulo {

WindowRange random_window(size_t item_bytes, size_t window_bytes, Rng& rng) {
  if (item_bytes <= window_bytes) return {0, item_bytes, 1};
  const bool head = rng.below(2) == 0;
  return {head ? 0 : static_cast<size_t>(rng.below(item_bytes - window_bytes + 1)), window_bytes, 1};
}

std::vector<WindowRange> prediction_windows(size_t item_bytes, size_t window_bytes, size_t max_windows) {
  if (item_bytes <= window_bytes) return {{0, item_bytes, 1}};
  std::vector<WindowRange> windows{{0, window_bytes, 0.5}};
  const size_t n_later = (item_bytes - 1) / window_bytes;
  const size_t n_taken = max_windows > 0 ? std::min(n_later, std::max<size_t>(max_windows, 2) - 1) : n_later;
  size_t later_bytes = 0;
  for (size_t i = 0; i < n_taken; ++i) {
    const size_t begin = (1 + i * n_later / n_taken) * window_bytes;
    windows.push_back({begin, std::min(window_bytes, item_bytes - begin), 0});
    later_bytes += windows.back().size;
  }
  for (size_t i = 1; i < windows.size(); ++i)
    windows[i].weight = 0.5 * static_cast<double>(windows[i].size) / static_cast<double>(later_bytes);
  return windows;
}

}  // namespace gulo
