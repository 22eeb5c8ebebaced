// Windows of items, packed into batches of one fixed shape for the deep part.
//
// A batch has n_coarse_rows rows of coarse_row_bytes bytes (engine/net/byte_network.h). Windows lie one after the
// other, each filled up with kPad to whole coarse rows and followed by one blank coarse row; rows left over are blank.
// The shape never changes from step to step, whatever the lengths, so memory and oneDNN's kernels are reused.
#pragma once

#include <cstdint>
#include <span>

#include "engine/feed/batch.h"

namespace gulo {

struct BatchShape {
  int64_t n_coarse_rows = 0;
  int coarse_row_bytes = 0;
};

// Bytes to be put into a batch, `lead` positions of kPad before them.
struct Window {
  std::span<const uint8_t> bytes;
  uint32_t owner = 0;  // whose it is: an item number, or whatever the caller counts
  uint32_t lead = 0;
};

// A batch's one value is its bytes, [n_coarse_rows * coarse_row_bytes] int16; begins, ends and n_item_rows count coarse
// rows.
class BatchPacker {
 public:
  explicit BatchPacker(const BatchShape& shape);
  // Puts the window into the batch, or returns false where it does not fit any more. An empty window takes one row; one
  // that is longer than a whole batch is an error of the caller's.
  bool add(const Window& window);
  bool empty() const { return batch_.owners.empty(); }
  // The batch so far, blank behind its last window; the packer starts a new one.
  Batch take();

 private:
  BatchShape shape_;
  Batch batch_;
  int64_t next_row_ = 0;
};

// The coarse rows that hold one window of so many bytes, blank row and lead included: what a batch must have at least.
int64_t rows_for_window(int64_t window_bytes, int coarse_row_bytes);

}  // namespace gulo
