// A corpus larger than the device, of which two shards lie there at a time: while steps run on the one, the other is
// copied. The endless row of kernel/slot_bytes.h goes through the shards of an epoch one after the other, so that every
// item is seen equally often; the next epoch deals other shards (shard_deal.h).
//
// A shard lies in one half of a buffer that never moves, its table of items before their bytes. Which numbers of the
// row the halves have is written on the device between steps, after the copy is done and before a step needs it: a step
// that a CUDA graph holds draws from whichever half its number is in.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <vector>

#include "data/corpus.h"
#include "engine/device/upload.h"
#include "engine/feed/shard_deal.h"
#include "kernel/slot_bytes.h"

namespace gulo {

struct ShardStreamOptions {
  uint64_t room_bytes = 0;  // on the device, for both halves
  int64_t n_slots = 1;      // that a step shows
  uint64_t slot_bytes = 1;  // of an item, that a slot shows at most
  uint64_t seed = 0;
};

class ShardStream {
 public:
  // The corpus must outlive it. Returns when the first shard is on the device. Throws Error (kDevice) where an item is
  // larger than a shard.
  ShardStream(const Corpus& corpus, const std::vector<uint32_t>& items, const ShardStreamOptions& options,
              const at::Device& device);
  ~ShardStream();
  ShardStream(const ShardStream&) = delete;
  ShardStream& operator=(const ShardStream&) = delete;

  // For a kernel: they stay where they are.
  const uint8_t* arena() const { return static_cast<const uint8_t*>(arena_.data_ptr()); }
  const SlotShard* shards() const { return static_cast<const SlotShard*>(shards_.data_ptr()); }

  // Of the n_wanted steps behind the first n_done, all of which the device has done: how many can be taken now, at
  // least one. Waits for the copy that they need. Throws Error (kDevice).
  int64_t reserve(int64_t n_done, int64_t n_wanted);
  // How many shards have come to the device.
  int64_t n_copied() const { return n_copied_; }

 private:
  void deal_epoch();
  SlotShard fill(int half);
  void expect(const std::vector<uint32_t>& places, size_t begin, size_t end) const;
  void begin_filling(int half);
  void take_filled();
  void tell_device();

  const Corpus& corpus_;
  const std::vector<uint32_t> items_;
  const ShardStreamOptions options_;
  const uint64_t half_bytes_;
  const ShardDeal deal_;
  at::Tensor arena_, shards_;  // uint8 [2 * half_bytes_ + padding]; 2 SlotShards as bytes
  Upload upload_;

  // Of the shard that is filled next; they belong to the thread that fills it.
  std::vector<std::vector<uint32_t>> epoch_shards_;  // the last is the next
  uint64_t n_passes_ = 0, n_epochs_ = 0, n_deals_ = 0, next_begin_ = 0;

  std::array<SlotShard, 2> halves_;
  int newest_ = 0;
  int64_t n_copied_ = 0;
  std::atomic<bool> stop_ = false;
  std::future<SlotShard> filling_;  // the last member: its thread ends before what it uses
};

}  // namespace gulo
