// What a step is to learn, as a tensor, and the loss of plain logits against it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "data/corpus.h"
#include "data/task.h"

namespace gulo {

struct BatchTargets {
  Task task = Task::kLabel;
  at::Tensor values;  // one label: [n] int64; several: [n, n_labels] float, 0 or 1; a number: [n, 1] float, in its unit
};

BatchTargets batch_targets(const Corpus& corpus, std::span<const uint32_t> items);

// [n, n_outputs] float: one label an item as 0 and 1 too.
at::Tensor target_rows(const BatchTargets& targets, int64_t n_outputs);

// The mean over entries of: cross-entropy with label smoothing; the labels' mean of the binary cross-entropy; the
// squared error. logits [n, n_outputs].
at::Tensor task_loss(const at::Tensor& logits, const BatchTargets& targets, double label_smoothing);

}  // namespace gulo
