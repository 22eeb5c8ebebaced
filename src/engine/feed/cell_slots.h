// Training batches of rows of cells, drawn on a device (kernel/slot_cells.h). What the network looks at of a row
// (cell_batch.h) is found on the host, once; the device holds that instead of the row's bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/feed/cell_batch.h"
#include "engine/feed/slot_feed.h"
#include "kernel/slot_cells.h"

namespace gulo {

// Rows as the kernel's items.
struct CellRows {
  Corpus items;           // without labels: offsets and the arena only
  uint32_t most_ids = 0;  // of any row
  double mean_bytes = 0;  // of the rows' own
};

// Of the corpus' `items`, in their order. They lie in memory, or in a file where the corpus' limits leave no room.
// Throws Error (kData) as cell_batch() does, (kDevice) where there is no room.
CellRows cell_rows(const Corpus& corpus, const std::vector<uint32_t>& items, const CellLayout& layout);

// Before the feed, which may read from them as long as it lives.
struct CellRowsOfFeed {
  CellRows rows;
};

class CellSlots : private CellRowsOfFeed, public SlotFeed {
 public:
  // The rows' numbers and sums are the layout's. targets: [rows, ...]; n_slots: of a batch.
  CellSlots(CellRows rows, const at::Tensor& targets, const CellLayout& layout, int64_t n_slots, uint64_t seed,
            const DeviceRoom& room);

 private:
  std::vector<at::Tensor> draw(const at::Tensor& owners) override;

  SlotCellsShape shape_;
};

}  // namespace gulo
