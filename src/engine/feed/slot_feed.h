// The corpus on a device, and training batches that are drawn there. What a kind draws is its kernel's (byte_slots.h,
// pixel_slots.h, sample_slots.h, cell_slots.h); the rest is the same for all. A corpus that fits is uploaded once, and
// the host sends nothing more; of a larger one shards come and go (shard_stream.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "data/corpus.h"
#include "engine/feed/shard_stream.h"
#include "engine/feed/slot_batch.h"
#include "kernel/slot_bytes.h"

namespace gulo {

struct DrawnSlots {
  SlotBatch batch;
  at::Tensor targets;  // [n_slots, ...]: the shown items' rows of what the feed was made with
};

// A device, and how much of a corpus may lie there: by default half of a CUDA device's memory, as the rest is the
// network's, and all of it on the CPU.
struct DeviceRoom {
  DeviceRoom(const at::Device& on);  // NOLINT(google-explicit-constructor): a device is a room
  DeviceRoom(at::DeviceType type) : DeviceRoom(at::Device(type)) {}  // NOLINT(google-explicit-constructor)
  DeviceRoom(const at::Device& on, uint64_t n_bytes) : device(on), corpus_bytes(n_bytes) {}

  at::Device device;
  uint64_t corpus_bytes;
};

// What a kind's slots are, to the feed.
struct SlotSort {
  int64_t n_slots = 1;
  uint64_t item_bytes = 1;  // of an item, that a slot shows at most
  uint64_t seed = 0;
};

class SlotFeed {
 public:
  virtual ~SlotFeed() = default;

  // Puts the next batch on the device. Of the same calls only: a CUDA graph can hold it.
  DrawnSlots next();
  // Of the n_wanted batches behind the first n_done, all of which the device has done, how many can be put there now,
  // at least one: where shards come and go, next() must not be called, nor a graph replayed, more often than that.
  // Waits for what is on its way. Throws Error (kDevice).
  int64_t reserve(int64_t n_done, int64_t n_wanted) { return stream_ ? stream_->reserve(n_done, n_wanted) : n_wanted; }
  // How many shards have come to the device; 0 of a corpus that lies there as a whole.
  int64_t n_shards_copied() const { return stream_ ? stream_->n_copied() : 0; }
  // How many batches were drawn, int64 [1] on the device: what next() changes.
  const at::Tensor& steps_drawn() const { return step_; }
  // Of a number of steps.
  double epochs(int64_t n_steps) const {
    return static_cast<double>(n_steps * n_slots_) / static_cast<double>(n_items_);
  }
  int64_t n_slots() const { return n_slots_; }
  // Of the items, that a slot shows in the mean.
  double mean_bytes() const { return mean_bytes_; }

 protected:
  // Copies the corpus' bytes to the device, as many as there is room for; where that is not all, the corpus must
  // outlive the feed. `items` is not empty; targets: [items, ...], on the CPU. Throws Error (kDevice) where there is
  // too little memory for a single item.
  SlotFeed(const Corpus& corpus, const std::vector<uint32_t>& items, const at::Tensor& targets, const SlotSort& sort,
           const DeviceRoom& room);

  // The values of SlotBatch; owners: int64 [n_slots], to be filled with the item, as a place in `items`, that each slot
  // shows.
  virtual std::vector<at::Tensor> draw(const at::Tensor& owners) = 0;

  // What lies on the device, for a kernel.
  SlotItems items() const;
  const int32_t* extents() const;  // [n_items, 3]; only of a corpus with shapes
  const int32_t* types() const;    // [n_items], SlotValues; the same
  const int64_t* step() const;
  at::Tensor empty(at::IntArrayRef sizes, at::ScalarType type) const;
  bool on_cuda() const { return step_.is_cuda(); }
  bool streams() const { return stream_ != nullptr; }  // else the corpus is not looked at any more

  double mean_bytes_ = 0;

 private:
  int64_t n_slots_, n_items_;
  std::unique_ptr<ShardStream> stream_;  // null: the whole corpus is in arena_
  at::Tensor arena_, begins_, sizes_, extents_, types_, targets_, step_;
};

// [items, 3]: the items' shapes, one behind the other; none of a corpus without shapes.
std::vector<int32_t> extents_of(const Corpus& corpus, const std::vector<uint32_t>& items);

// A kernel's pointer into a tensor.
template <class T>
T* pointer_to(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.data_ptr());
}

}  // namespace gulo
