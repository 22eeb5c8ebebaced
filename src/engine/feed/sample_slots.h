// Training batches of signals, drawn on a device (kernel/slot_samples.h).
#pragma once

#include <vector>

#include "engine/feed/slot_feed.h"
#include "kernel/slot_samples.h"

namespace gulo {

class SampleSlots : public SlotFeed {
 public:
  // No item has more channels than the shape.
  SampleSlots(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets,
              const SlotSamplesShape& shape, const DeviceRoom& room);

  // What some hundreds of slots show.
  const std::vector<SampleDraw>& examples() const { return examples_; }

 private:
  std::vector<at::Tensor> draw(const at::Tensor& owners) override;
  void look_at_slots(const Corpus& corpus, const std::vector<uint32_t>& items);

  SlotSamplesShape shape_;
  at::Tensor rates_;  // of the items, float
  std::vector<SampleDraw> examples_;
};

}  // namespace gulo
