// softmax_cross_entropy: the reference by central differences, the kernel's blocks on the host and itself on a device.
#include "kernel/softmax_cross_entropy.h"

#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

struct Problem {
  SoftmaxCrossEntropyShape shape;
  double spread;
  std::vector<float> logits, losses, grad;
  std::vector<int64_t> labels;

  Problem(const SoftmaxCrossEntropyShape& s, double logit_spread)
      : shape(s),
        spread(logit_spread),
        losses(s.n_rows, std::numeric_limits<float>::quiet_NaN()),
        grad(s.n_rows * s.n_labels, std::numeric_limits<float>::quiet_NaN()) {
    Rng rng(s.n_labels);
    for (size_t i = 0; i < s.n_rows * s.n_labels; ++i)
      logits.push_back(static_cast<float>(spread * (2 * rng.uniform() - 1)));
    for (size_t i = 0; i < s.n_rows; ++i)
      labels.push_back(i % 4 == 3 ? -1 : static_cast<int64_t>(rng.below(s.n_labels)));
  }

  void expect_close() const {
    const std::vector<double> logits64(logits.begin(), logits.end());
    std::vector<double> losses64(losses.size()), grad64(grad.size());
    softmax_cross_entropy_reference(shape, logits64.data(), labels.data(), losses64.data(), grad64.data());
    for (size_t i = 0; i < losses.size(); ++i) ASSERT_NEAR(losses[i], losses64[i], 1e-5 * (1 + spread)) << "row " << i;
    for (size_t i = 0; i < grad.size(); ++i) ASSERT_NEAR(grad[i], grad64[i], 1e-5 * (1 + spread)) << "element " << i;
  }
};

std::vector<Problem> problems() {
  std::vector<Problem> all;
  for (const size_t n_labels : {1, 2, 3, 10, 62, 127, 128, 129, 1000})
    for (const double spread : {0., 3., 200.})
      all.emplace_back(SoftmaxCrossEntropyShape{9, n_labels, n_labels % 2 ? 0.f : 0.1f, 0.25f}, spread);
  return all;
}

TEST(SoftmaxCrossEntropy, BlocksAgreeWithTheReference) {
  for (Problem& problem : problems()) {
    const SoftmaxCrossEntropy kernel{problem.shape, problem.logits.data(), problem.labels.data(), problem.losses.data(),
                                     problem.grad.data()};
    run_on_host(kernel);
    problem.expect_close();
  }
}

TEST(SoftmaxCrossEntropy, AgreesWithTheReferenceOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  for (Problem& problem : problems()) {
    const CudaVector logits(problem.logits), losses(problem.losses), grad(problem.grad);
    const CudaVector labels(problem.labels);
    softmax_cross_entropy_cuda({problem.shape, logits.data(), labels.data(), losses.data(), grad.data()}, nullptr);
    problem.losses = losses.read();
    problem.grad = grad.read();
    problem.expect_close();
  }
}

TEST(SoftmaxCrossEntropy, ReferenceGradientAgreesWithCentralDifferences) {
  const Problem problem({5, 7, 0.2f, 1}, 2);
  std::vector<double> logits(problem.logits.begin(), problem.logits.end()), losses(5), grad(35), unused(35);
  softmax_cross_entropy_reference(problem.shape, logits.data(), problem.labels.data(), losses.data(), grad.data());
  const auto loss = [&] {
    softmax_cross_entropy_reference(problem.shape, logits.data(), problem.labels.data(), losses.data(), unused.data());
    double sum = 0;
    for (const double value : losses) sum += value;
    return sum;
  };
  for (size_t i = 0; i < logits.size(); ++i) {
    const double h = 1e-5, at = logits[i];
    logits[i] = at + h;
    const double above = loss();
    logits[i] = at - h;
    const double below = loss();
    logits[i] = at;
    EXPECT_NEAR((above - below) / (2 * h), grad[i], 1e-8);
  }
}

}  // namespace
}  // namespace gulo
