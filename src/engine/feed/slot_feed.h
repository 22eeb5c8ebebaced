// The corpus on a device, and training batches that are drawn there: the host sends nothing after the upload.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "kernel/slot_bytes.h"

namespace gulo {

// A batch of bytes in slots (kernel/slot_bytes.h), on the feed's device.
struct DrawnSlots {
  at::Tensor values;  // int16 [n_slots * slot_rows * row_bytes]
  at::Tensor keep;    // uint8 [n_slots * slot_rows]
  at::Tensor labels;  // int64 [n_slots]
};

class SlotFeed {
 public:
  // Copies the corpus' bytes to the device; `items`, not empty, have one label each. Throws Error (kDevice) where the
  // device's memory is too small for them.
  SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const SlotBytesShape& shape,
           const at::Device& device);

  // Puts the next batch on the device. Of the same calls only: a CUDA graph can hold it.
  DrawnSlots next();
  // Of a number of steps.
  double epochs(int64_t n_steps) const;

  const SlotBytesShape& shape() const { return shape_; }
  // Of a slot in the mean: rows that are not blank, and bytes.
  double mean_rows() const { return mean_rows_; }
  double mean_bytes() const { return mean_bytes_; }

 private:
  void look_at_slots(const SlotItems& items);

  SlotBytesShape shape_;
  at::Tensor arena_, begins_, sizes_, labels_, step_;
  double mean_rows_ = 0, mean_bytes_ = 0;
};

}  // namespace gulo
