// What row_body.h is made of, over the rows of slots (feed/slot_batch.h), for any device: the same functions, with the
// own CUDA kernels where the tensors are on a CUDA device and LibTorch's operations for the rest. No shape depends on
// the data and the host never waits, so a CUDA graph can hold them. Contracts are those of byte_stem_layer.h,
// residual_block.h, join_rows.h and pool.h but where it says otherwise; on the CPU those are faster.
#pragma once

#include <ATen/core/Tensor.h>

#include "engine/net/batch_targets.h"

namespace gulo {

// bytes: int16 [n_rows * taps]; keep: uint8 [n_rows].
at::Tensor slot_byte_stem(const at::Tensor& bytes, const at::Tensor& table, const at::Tensor& bias,
                          const at::Tensor& keep, at::ScalarType dtype);
at::Tensor slot_residual_block(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                               const at::Tensor& b2, const at::Tensor& keep);
at::Tensor slot_join_rows(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const at::Tensor& keep);
// Of equal maxima each gets its share of the gradient. keep: of x's rows, not all 0 in any slot.
at::Tensor pool_slots(const at::Tensor& x, const at::Tensor& queries, const at::Tensor& keep, int64_t n_slots);
// task_loss() of logits [n, n_outputs] float.
at::Tensor slot_loss(const at::Tensor& logits, const BatchTargets& targets, double label_smoothing);

}  // namespace gulo
