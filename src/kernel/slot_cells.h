// slot_cells: a training batch of a table's rows, drawn on the device that holds them.
//
// As slot_bytes.h, which see: slot s of step t shows item number k = t * n_slots + s of an endless row. A row is shown
// as it is: nothing but which one is random. Items are what is taken of rows' cells (engine/feed/cell_slots.h): numbers
// as they stand, and the hashed rows of embeddings that the texts name, which are added up in n_lookups sums.
//
// Shapes  items: n_numbers float32, then n_lookups uint32, where in the ids each sum's begin, ascending, the first 0,
//         then the ids, uint32, below n_rows, at most slot_ids, of which no sum has none; in SlotItems' arena. numbers:
//         float [n_slots, n_numbers]; ids: int32 [n_slots, slot_ids], any row behind an item's own: all of them
//         together, as the gradients of one row alone would be added up by one thread; shares: float [n_slots,
//         slot_ids], the weight of each id within its sum, 1 / sqrt(n) of n ids, 0 behind an item's own; begins: int32
//         [n_slots, n_lookups], within the slot; owners: int64 [n_slots], the item that a slot shows.
// Cost    reads an item's bytes once and writes 8 bytes an id: the memory's bandwidth.
// Threads one block a slot; each thread looks up the sum of each of its ids, log2(n_lookups) reads.
// Error   shares: to one rounding of float; else none.
#pragma once

#include <cmath>

#include "kernel/host_device.h"
#include "kernel/slot_bytes.h"
#include "kernel/slot_values.h"

namespace gulo {

struct SlotCellsShape {
  uint32_t n_slots = 0;
  uint32_t n_numbers = 0, n_lookups = 0;
  uint32_t slot_ids = 0;  // the most of any item
  uint32_t n_rows = 1;    // of the table of embeddings
  uint64_t seed = 0;
};

// One item.
struct CellRow {
  const uint8_t* bytes = nullptr;
  uint32_t n_numbers = 0, n_lookups = 0, n_ids = 0;

  GULO_HOST_DEVICE float number(uint32_t i) const { return value_at<float>(bytes, i); }
  GULO_HOST_DEVICE uint32_t begin(uint32_t lookup) const { return value_at<uint32_t>(bytes, n_numbers + lookup); }
  GULO_HOST_DEVICE uint32_t id(uint32_t i) const { return value_at<uint32_t>(bytes, n_numbers + n_lookups + i); }
  // Of the sum that id i is in.
  GULO_HOST_DEVICE float share(uint32_t i) const {
    uint32_t first = 0, last = n_lookups;
    while (last - first > 1) {
      const uint32_t middle = first + (last - first) / 2;
      (begin(middle) <= i ? first : last) = middle;
    }
    const uint32_t end = first + 1 < n_lookups ? begin(first + 1) : n_ids;
    return 1 / sqrtf(static_cast<float>(end - begin(first)));
  }
};

struct SlotCells {
  SlotCellsShape shape;
  SlotItems items;
  const int64_t* step = nullptr;
  float* numbers = nullptr;
  int32_t* ids = nullptr;
  float* shares = nullptr;
  int32_t* begins = nullptr;
  int64_t* owners = nullptr;

  static constexpr uint32_t kThreads = 256;
  Grid grid() const { return {shape.n_slots, kThreads, 0}; }

  GULO_HOST_DEVICE CellRow row_at(const SlotPlace& at) const {
    const auto n_values = static_cast<uint32_t>(items.sizes[at.item] / 4);
    return {items.arena + at.from, shape.n_numbers, shape.n_lookups, n_values - shape.n_numbers - shape.n_lookups};
  }

  GULO_HOST_DEVICE void operator()(const Block& block) const {
    const uint64_t slot = block.index;
    block.each_thread([&](uint32_t thread) {
      const SlotPlace at = place_of(items, shape.seed, static_cast<uint64_t>(*step) * shape.n_slots + slot);
      const CellRow row = row_at(at);
      for (uint32_t i = thread; i < shape.n_numbers; i += kThreads) numbers[slot * shape.n_numbers + i] = row.number(i);
      for (uint32_t i = thread; i < shape.n_lookups; i += kThreads)
        begins[slot * shape.n_lookups + i] = static_cast<int32_t>(row.begin(i));
      for (uint32_t i = thread; i < shape.slot_ids; i += kThreads) {
        const bool inside = i < row.n_ids;
        ids[slot * shape.slot_ids + i] =
            static_cast<int32_t>(inside ? row.id(i) : (slot * shape.slot_ids + i) % shape.n_rows);
        shares[slot * shape.slot_ids + i] = inside ? row.share(i) : 0.f;
      }
      if (thread == 0) owners[slot] = static_cast<int64_t>(at.item);
    });
  }
};

// All pointers are to the device's memory; `stream` is a cudaStream_t. In a build without CUDA throws Error (kDevice).
void slot_cells_cuda(const SlotCells& slots, void* stream);

}  // namespace gulo
