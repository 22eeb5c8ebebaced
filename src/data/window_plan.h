// Which windows of an item a part of the learner looks at.
//
// Training: an item up to window_bytes long is seen whole; of a longer one a step sees one window: its head, or, as
// often, one that starts anywhere. Prediction: an item is cut into consecutive windows, all of them are looked at, and
// its logits are half those of the head window and half the mean of all later ones, weighted by their bytes. Both
// halves are the mean of what training showed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rng.h"

namespace gulo {

struct WindowRange {
  size_t begin = 0, size = 0;
  double weight = 1;  // an item's weights add up to 1
};

WindowRange random_window(size_t item_bytes, size_t window_bytes, Rng& rng);

// max_windows > 0: of the later windows at most max_windows - 1 are taken, evenly spread over the item.
std::vector<WindowRange> prediction_windows(size_t item_bytes, size_t window_bytes, size_t max_windows = 0);

}  // namespace gulo
