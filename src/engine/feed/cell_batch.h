// Rows of cells as tensors: the numbers as they stand, and which hashed rows of embeddings the texts name.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/reader/reader.h"
#include "engine/feed/batch.h"

namespace gulo {

// What is taken of a column's cells.
struct CellColumn {
  bool number = false;
  bool value = false;  // the whole cell
  bool text = false;   // its n-grams of 2, 3 and 4 bytes, ends marked
};

struct CellLayout {
  std::vector<CellColumn> columns;
  int log2_rows = 12;

  int64_t n_numbers() const;
  int64_t n_lookups() const;
};

// batch.values: kCellNumbers [n, n_numbers] float, NaN where there is none; kCellRows [n_ids] int64, each below
// 2^log2_rows; kCellShares [n_ids] float, the weight of each within its sum: 1 for a whole cell, 1 / sqrt(n) for n
// n-grams; kCellBegins [n * n_lookups] int64, where each sum's ids begin. An item that is a row of other than
// layout.columns.size() cells is an Error (kData). owners are 0, 1, 2...
Batch cell_batch(const CellLayout& layout, std::span<const ItemView> rows);

// Of a batch, and of a SlotBatch, which has kCellItems too.
enum : size_t { kCellNumbers, kCellRows, kCellShares, kCellBegins, kCellItems };

// 1 / sqrt(n) for each of the n ids that every sum has, where sum i has the ids begins[i] to begins[i + 1].
at::Tensor cell_shares(const at::Tensor& begins, int64_t n_ids);

}  // namespace gulo
