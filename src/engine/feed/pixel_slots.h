// Training batches of pictures, drawn on a device (kernel/slot_pixels.h).
#pragma once

#include <vector>

#include "engine/feed/slot_feed.h"
#include "kernel/slot_pixels.h"

namespace gulo {

class PixelSlots : public SlotFeed {
 public:
  // The items are pictures (check_picture).
  PixelSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
             const SlotPixelsShape& shape, const DeviceRoom& room);

  // What some hundreds of slots show.
  const std::vector<PixelDraw>& examples() const { return examples_; }

 private:
  std::vector<at::Tensor> draw(const at::Tensor& owners) override;

  SlotPixelsShape shape_;
  bool full_ = true;  // no picture is smaller than a slot
  std::vector<PixelDraw> examples_;
};

}  // namespace gulo
