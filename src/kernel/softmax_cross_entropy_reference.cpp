// Plain loops in double: what the kernel is measured against.
#include <algorithm>
#include <cmath>

#include "kernel/softmax_cross_entropy.h"

namespace gulo {

void softmax_cross_entropy_reference(const SoftmaxCrossEntropyShape& shape, const double* logits, const int64_t* labels,
                                     double* losses, double* grad) {
  const size_t n = shape.n_labels;
  for (size_t i = 0; i < shape.n_rows; ++i) {
    const double* row = logits + i * n;
    const double high = *std::max_element(row, row + n);
    double sum = 0;
    for (size_t k = 0; k < n; ++k) sum += std::exp(row[k] - high);
    losses[i] = 0;
    for (size_t k = 0; k < n; ++k) {
      const double log_p = row[k] - high - std::log(sum);
      const double smoothing = static_cast<double>(shape.smoothing);
      const double target =
          smoothing / static_cast<double>(n) + (labels[i] == static_cast<int64_t>(k) ? 1 - smoothing : 0);
      if (labels[i] >= 0) losses[i] -= target * log_p;
      grad[i * n + k] = labels[i] < 0 ? 0 : (std::exp(log_p) - target) * static_cast<double>(shape.grad_scale);
    }
  }
}

}  // namespace gulo
