#include "engine/net/batch_targets.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "data/targets.h"

namespace gulo {

BatchTargets batch_targets(const Corpus& corpus, std::span<const uint32_t> items) {
  const Targets targets = targets_of(corpus, items);
  const auto n = static_cast<int64_t>(items.size());
  if (targets.task == Task::kLabel) {
    const at::Tensor labels = at::empty({n}, at::kLong);
    std::ranges::copy(targets.labels, labels.mutable_data_ptr<int64_t>());
    return {targets.task, labels};
  }
  const at::Tensor values = at::empty({n, static_cast<int64_t>(targets.n_outputs)});
  std::ranges::copy(targets.values, values.mutable_data_ptr<float>());
  return {targets.task, values};
}

at::Tensor target_rows(const BatchTargets& targets, int64_t n_outputs) {
  return targets.task == Task::kLabel ? at::one_hot(targets.values, n_outputs).to(at::kFloat) : targets.values;
}

at::Tensor task_loss(const at::Tensor& logits, const BatchTargets& targets, double label_smoothing) {
  switch (targets.task) {
    case Task::kLabel:
      return at::cross_entropy_loss(logits, targets.values, {}, at::Reduction::Mean, -100, label_smoothing);
    case Task::kLabels:
      return at::binary_cross_entropy_with_logits(logits, targets.values);
    case Task::kNumber:
      return at::mse_loss(logits, targets.values);
  }
  return {};
}

}  // namespace gulo
