// Windows of bytes, each in a slot of its own, for prediction on a device (engine/feed/slot_batch.h).
#pragma once

#include <cstdint>

#include "engine/feed/packed_batch.h"

namespace gulo {

struct SlotShape {
  int64_t n_slots = 0, slot_rows = 0;  // a window takes at most slot_rows - 1 of them
  int coarse_row_bytes = 0;
};

// A batch's values are bytes, int16 [n_slots * slot_rows * coarse_row_bytes], and keep, uint8 [n_slots * slot_rows];
// the slots that no window took have one row of padding. begins and ends are empty.
class SlotPacker {
 public:
  explicit SlotPacker(const SlotShape& shape);
  // False where all slots are taken.
  bool add(const Window& window);
  bool empty() const { return batch_.owners.empty(); }
  Batch take();

 private:
  SlotShape shape_;
  Batch batch_;
};

}  // namespace gulo
