// What every network over rows shares behind its stem: stages of residual blocks -> pooling over each item's rows ->
// linear head.
//
// A batch is packed: items lie one after the other, without padding to a common length. The unit of packing is the
// coarse row, rows_per_coarse_row() rows of the stem's: items start on one, are filled up to whole ones, and are kept
// apart by at least one blank one. Blank rows are zero in every layer and pooling knows each item's rows, so an item's
// logits do not depend on what else is in the batch.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/net/deep_network.h"
#include "engine/net/entry_part.h"
#include "model/stage_spec.h"

namespace gulo {

// Dropout of the pooled features while training. The same seed drops the same ones.
struct Dropout {
  double rate = 0;
  uint64_t seed = 0;
  EntryPart part{};
};

struct RowBodySpec {
  int width_in = 128;  // channels of the stem's rows
  std::vector<StageSpec> stages;
  int attention_heads = 4;
  int n_labels = 0;
};

// [n_coarse_rows * rows_per_coarse_row] uint8: 0 for blank rows. Item i has the coarse rows [begins[i], ends[i]).
at::Tensor row_mask(int64_t n_coarse_rows, int64_t rows_per_coarse_row, const std::vector<int32_t>& begins,
                    const std::vector<int32_t>& ends);

class RowBody {
 public:
  // Throws Error (kData) where the spec's numbers cannot be a network.
  explicit RowBody(const RowBodySpec& spec);

  // Puts random parameters behind `parameters`, "stage0.join.weight", "stage0.block0.w1" ... "head.bias", and keeps
  // handles to the same tensors.
  void add_parameters(std::vector<Parameter>& parameters, const at::Generator& generator);

  // x: [n_coarse_rows * rows_per_coarse_row(), width_in] float or bf16, blank rows zero; n_coarse_rows is a multiple of
  // 16; keep: the mask of x's rows. Returns logits [n_items, n_labels] float.
  at::Tensor forward(at::Tensor x, at::Tensor keep, const std::vector<int32_t>& begins,
                     const std::vector<int32_t>& ends, const Dropout& dropout = {}) const;

  // The same of slots, on any device (slot_rows.h). keep: of x's rows, slot after slot; blank rows of x are zero.
  at::Tensor forward_slots(at::Tensor x, at::Tensor keep, int64_t n_slots, double dropout) const;

  int rows_per_coarse_row() const;
  // Of the matrix products of one forward pass over so many coarse rows that are not blank.
  double forward_flops(int64_t n_item_rows, int64_t n_items) const;

 private:
  struct Block {
    at::Tensor w1, b1, w2, b2;
  };
  struct Stage {
    at::Tensor join_weight, join_bias;  // undefined where resolution and width stay
    std::vector<Block> blocks;
  };

  RowBodySpec spec_;
  std::vector<Stage> stages_;
  at::Tensor queries_, head_weight_, head_bias_;
};

}  // namespace gulo
