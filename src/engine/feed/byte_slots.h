// Training batches of bytes, drawn on a device (kernel/slot_bytes.h).
#pragma once

#include <vector>

#include "engine/feed/slot_feed.h"

namespace gulo {

class ByteSlots : public SlotFeed {
 public:
  ByteSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
            const SlotBytesShape& shape, const DeviceRoom& room);

  // Of a slot in the mean: rows that are not blank.
  double mean_rows() const { return mean_rows_; }

 private:
  std::vector<at::Tensor> draw(const at::Tensor& owners) override;
  void look_at_slots(const SlotItems& items);

  SlotBytesShape shape_;
  double mean_rows_ = 0;
};

}  // namespace gulo
