// The corpus on a device, and training batches that are drawn there: the host sends nothing after the upload. What a
// kind draws is its kernel's (byte_slots.h, pixel_slots.h, sample_slots.h); the rest is the same for all.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/slot_batch.h"
#include "kernel/slot_bytes.h"

namespace gulo {

struct DrawnSlots {
  SlotBatch batch;
  at::Tensor targets;  // [n_slots, ...]: the shown items' rows of what the feed was made with
};

class SlotFeed {
 public:
  virtual ~SlotFeed() = default;

  // Puts the next batch on the device. Of the same calls only: a CUDA graph can hold it.
  DrawnSlots next();
  // Of a number of steps.
  double epochs(int64_t n_steps) const {
    return static_cast<double>(n_steps * n_slots_) / static_cast<double>(n_items_);
  }
  int64_t n_slots() const { return n_slots_; }
  // Of the items, that a slot shows in the mean.
  double mean_bytes() const { return mean_bytes_; }

 protected:
  // Copies the corpus' bytes to the device; `items` is not empty; targets: [items, ...], on the CPU. Throws Error
  // (kDevice) where the device's memory is too small for them.
  SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets, int64_t n_slots,
           const at::Device& device);

  // The values of SlotBatch; owners: int64 [n_slots], to be filled with the item, as a place in `items`, that each slot
  // shows.
  virtual std::vector<at::Tensor> draw(const at::Tensor& owners) = 0;

  // What lies on the device, for a kernel.
  SlotItems items() const;
  const int32_t* extents() const;  // [n_items, 3]; only of a corpus with shapes
  const int64_t* step() const;
  at::Tensor empty(at::IntArrayRef sizes, at::ScalarType type) const;
  bool on_cuda() const { return arena_.is_cuda(); }

  double mean_bytes_ = 0;

 private:
  int64_t n_slots_, n_items_;
  at::Tensor arena_, begins_, sizes_, extents_, targets_, step_;
};

// [items, 3]: the items' shapes, one behind the other; none of a corpus without shapes.
std::vector<int32_t> extents_of(const Corpus& corpus, const std::vector<uint32_t>& items);

// A kernel's pointer into a tensor.
template <class T>
T* pointer_to(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

}  // namespace gulo
