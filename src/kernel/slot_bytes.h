// slot_bytes: a training batch of bytes, drawn, cut, moved, padded and widened on the device that holds the corpus.
//
// A batch has n_slots slots of one size. Slot s of step t shows item number k = t * n_slots + s of an endless row:
// every epoch each item once, in a new random order. The order is a permutation that is computed, not stored, so that a
// step needs nothing from the host, and k alone says what a slot shows: any device, and the host, draw the same. What
// is drawn of an item is what engine/feed/train_feed.h draws: the whole item or, of a long one, its head or as often a
// window anywhere (data/window_plan.h); of that a random part of crop_fraction and more; `lead` values of padding
// before it.
//
// Of a corpus larger than the device, shards of it lie there, two at a time, and the row goes through one after the
// other (engine/feed/shard_stream.h). What says which is read from the device's memory: a step that a CUDA graph holds
// stays valid when the host puts the next shard in the place of one that is done.
//
// Shapes  x: uint16 [n_slots * slot_rows * row_bytes], values 0..255 or 256 (padding); keep: uint8
//         [n_slots * slot_rows], 1 for rows that hold bytes, at least one a slot; owners: int64 [n_slots], the item
//         that a slot shows. The last row of a slot is blank where (slot_rows - 1) * row_bytes >= window_bytes +
//         row_bytes - 1, which is the caller's business.
// Cost    reads an item's bytes once and writes 2 bytes a value: the memory's bandwidth, 3 bytes a byte.
// Threads one block a slot; each thread draws for itself, some 30 integer operations.
// Error   none: whole numbers.
#pragma once

#include "base/rng.h"
#include "kernel/host_device.h"

namespace gulo {

struct SlotBytesShape {
  uint32_t n_slots = 0, slot_rows = 0, row_bytes = 0;
  uint32_t window_bytes = 4096;
  float crop_fraction = 1;   // of a window is shown, or more
  bool random_lead = false;  // up to row_bytes - 1
  uint64_t seed = 0;

  GULO_HOST_DEVICE size_t slot_bytes() const { return size_t{slot_rows} * row_bytes; }
};

// One item of a shard.
struct ShardItem {
  int64_t item = 0, begin = 0;  // begin: of its bytes, in the arena
};

// Which numbers of the endless row a shard has: its items again and again, each time in a new order.
struct SlotShard {
  uint64_t begin = 0, end = 0;
  uint64_t n_items = 0;
  uint64_t epoch = 0;  // how often its items have been seen before
  uint64_t table = 0;  // where in the arena its ShardItems lie, [n_items], a multiple of 8
};

// Items in the device's memory: item i is arena[begins[i]] and the sizes[i] - 1 bytes behind it.
struct SlotItems {
  const uint8_t* arena = nullptr;
  const int64_t *begins = nullptr, *sizes = nullptr;  // begins: null where there are shards, or nobody asks for bytes
  uint64_t n_items = 0;                               // at least 1
  const SlotShard* shards = nullptr;                  // [2], which have all numbers that are asked for; null: none
};

// What number k of the endless row is.
struct SlotPlace {
  uint64_t item = 0, epoch = 0;
  int64_t from = 0;  // of the item's bytes, in the arena
};

struct SlotDraw {
  uint64_t item = 0, begin = 0;  // begin: within the item
  uint32_t n_bytes = 0, lead = 0;
  int64_t from = 0;  // of the item, in the arena
};

// A permutation of 0..n-1 for every key: four rounds of a Feistel network over the next power of four, walked on until
// the result is below n (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
GULO_HOST_DEVICE inline uint64_t permuted(uint64_t i, uint64_t n, uint64_t key) {
  uint32_t half_bits = 1;
  while (half_bits < 31 && (uint64_t{1} << (2 * half_bits)) < n) ++half_bits;
  const uint64_t mask = (uint64_t{1} << half_bits) - 1;
  do {
    uint64_t left = i >> half_bits, right = i & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      const uint64_t mixed = left ^ (Rng(key + round * 0x632BE59BD9B4E019ull + right)() >> 11 & mask);
      left = right;
      right = mixed;
    }
    i = left << half_bits | right;
  } while (i >= n);
  return i;
}

GULO_HOST_DEVICE inline SlotPlace place_of(const SlotItems& items, uint64_t seed, uint64_t k) {
  const SlotShard whole{0, ~uint64_t{0}, items.n_items, 0, 0};
  const SlotShard shard = items.shards ? items.shards[k < items.shards[0].begin || k >= items.shards[0].end] : whole;
  const uint64_t at = k - shard.begin;
  SlotPlace place;
  place.epoch = shard.epoch + at / shard.n_items;
  place.item = permuted(at % shard.n_items, shard.n_items, seed + place.epoch * 0x9E3779B97F4A7C15ull);
  if (items.shards) {
    const ShardItem item = reinterpret_cast<const ShardItem*>(items.arena + shard.table)[place.item];
    place.item = static_cast<uint64_t>(item.item);
    place.from = item.begin;
  } else if (items.begins) {
    place.from = items.begins[place.item];
  }
  return place;
}

// What number k of the endless row shows.
GULO_HOST_DEVICE inline SlotDraw draw_slot(const SlotBytesShape& shape, const SlotItems& items, uint64_t k) {
  const SlotPlace at = place_of(items, shape.seed, k);
  SlotDraw draw;
  draw.item = at.item;
  draw.from = at.from;
  Rng rng(shape.seed ^ (k + 1) * 0xD6E8FEB86659FD93ull);
  const auto size = static_cast<uint64_t>(items.sizes[draw.item]);
  const bool is_long = size > shape.window_bytes, anywhere = rng.below(2) != 0;
  uint64_t n_bytes = is_long ? shape.window_bytes : size;
  const uint64_t place = rng.below(size - n_bytes + 1);
  draw.begin = anywhere ? place : 0;
  if (shape.crop_fraction < 1) {
    const auto cut_off = static_cast<uint64_t>((1 - shape.crop_fraction) * static_cast<float>(n_bytes));
    const uint64_t n_cut = rng.below(cut_off + 1);
    draw.begin += rng.below(n_cut + 1);
    n_bytes -= n_cut;
  }
  draw.n_bytes = static_cast<uint32_t>(n_bytes);
  draw.lead = shape.random_lead ? static_cast<uint32_t>(rng.below(shape.row_bytes)) : 0;
  return draw;
}

// The kernel. `step` is read on the device: the caller counts it up there.
struct SlotBytes {
  SlotBytesShape shape;
  SlotItems items;
  const int64_t* step = nullptr;
  uint16_t* x = nullptr;
  uint8_t* keep = nullptr;
  int64_t* owners = nullptr;

  static constexpr uint32_t kThreads = 256;
  static constexpr uint16_t kPad = 256;
  Grid grid() const { return {shape.n_slots, kThreads, 0}; }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const uint64_t slot = block.index;
    block.each_thread([&](uint32_t thread) {
      const SlotDraw draw = draw_slot(shape, items, static_cast<uint64_t>(*step) * shape.n_slots + slot);
      const uint8_t* from = items.arena + draw.from + draw.begin;
      uint16_t* to = x + slot * shape.slot_bytes();
      for (uint64_t i = thread; i < shape.slot_bytes(); i += kThreads) {
        const uint64_t at = i - draw.lead;  // before the lead this wraps round to a large number
        to[i] = at < draw.n_bytes ? from[at] : kPad;
      }
      for (uint64_t row = thread; row < shape.slot_rows; row += kThreads)
        keep[slot * shape.slot_rows + row] = row == 0 || row * shape.row_bytes < draw.lead + draw.n_bytes;
      if (thread == 0) owners[slot] = static_cast<int64_t>(draw.item);
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA throws Error (kDevice).
void slot_bytes_cuda(const SlotBytes& slots, void* stream);

}  // namespace gulo
