// Batches that are shared out among processes: what a part of one has to know of the whole.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/feed/batch.h"

namespace gulo {

// Where the entries of a batch stand in the whole.
struct EntryPart {
  int64_t first = 0, n_whole = 0;  // n_whole 0: it is no part

  explicit EntryPart() = default;
  explicit EntryPart(const Batch& batch) : first(batch.first_entry), n_whole(batch.n_whole_entries) {}
};

// Of units that are dropped at random: 0, or 1 / kept. `shape` is of the batch, with its entries along `dimension`; a
// part's are those that the whole would have.
at::Tensor kept_units(at::IntArrayRef shape, int64_t dimension, const EntryPart& part, double dropout,
                      at::Generator generator);

// Cuts entries of these costs, at least n_parts of them, into parts of about the same cost, none empty: where they end.
std::vector<int64_t> part_ends(std::span<const double> costs, int64_t n_parts);

// Owners, begins, ends and counts of the entries [begin, end); values are left to the kind. begins and ends count rows
// from `begins[begin]`.
Batch bare_part(const Batch& whole, int64_t begin, int64_t end);

// [n_rows_whole * row_values, ...] of packed entries -> the same of a part, blank rows filled with `blank`; so many
// rows that they are a multiple of 16.
at::Tensor part_of_rows(const Batch& whole, const at::Tensor& values, int64_t begin, int64_t end, int64_t row_values,
                        double blank);

}  // namespace gulo
