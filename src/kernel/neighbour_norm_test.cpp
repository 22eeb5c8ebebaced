// neighbour_norm: the reference by central differences, the kernels' blocks on the host and themselves on a device.
#include "kernel/neighbour_norm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/rng.h"
#include "kernel/cuda_test.h"

namespace gulo {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <class T>
T rounded(double value) {
  T result;
  put(static_cast<float>(value), &result);
  return result;
}

template <class T>
struct Problem {
  NeighbourNormShape shape;
  std::vector<T> x, grad_out, grad_skip;
  std::vector<uint8_t> keep;
  std::vector<double> out, grad_x;  // of the reference

  Problem(size_t n_rows, size_t width) : shape{n_rows, width} {
    Rng rng(n_rows * 31 + width);
    const auto fill = [&](std::vector<T>& values, size_t n) {
      for (size_t i = 0; i < n; ++i) values.push_back(rounded<T>(4 * rng.uniform() - 2));
    };
    fill(x, n_rows * width);
    fill(grad_out, n_rows * width * 3);
    fill(grad_skip, n_rows * width);
    for (size_t row = 0; row < n_rows; ++row) {
      keep.push_back(row % 5 != 3);
      if (!keep[row]) std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(row * width), width, rounded<T>(0));
    }
    out.resize(grad_out.size());
    grad_x.resize(x.size());
    neighbour_norm_forward_reference(shape, wide(x).data(), out.data());
    neighbour_norm_backward_reference(shape, wide(x).data(), wide(grad_out).data(), wide(grad_skip).data(), keep.data(),
                                      grad_x.data());
  }

  std::vector<double> grad_x_without_skip() const {
    std::vector<double> grad(x.size());
    const std::vector<double> nothing(x.size());
    neighbour_norm_backward_reference(shape, wide(x).data(), wide(grad_out).data(), nothing.data(), keep.data(),
                                      grad.data());
    return grad;
  }

  static std::vector<double> wide(const std::vector<T>& values) {
    std::vector<double> result;
    for (const T value : values) result.push_back(as_float(value));
    return result;
  }

  static void expect_close(const std::vector<T>& values, const std::vector<double>& reference) {
    double largest = 0;
    for (const double value : reference) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < values.size(); ++i) {
      const double rounding = sizeof(T) == 2 ? std::abs(reference[i]) / 256 : 0;
      ASSERT_NEAR(as_float(values[i]), reference[i], 1e-5 * largest + rounding) << "element " << i;
    }
  }
};

template <class T>
void test_blocks() {
  for (const size_t n_rows : {1, 2, 3, 4, 5, 17, 64})
    for (const size_t width : {16, 32, 80, 272}) {
      const Problem<T> problem(n_rows, width);
      std::vector<T> out(problem.out.size(), rounded<T>(kNan)), grad_x(problem.x.size(), rounded<T>(kNan));
      std::vector<float> inverse_rms(n_rows, kNan);
      const NeighbourNormForward<T> forward{problem.shape, problem.x.data(), out.data(), inverse_rms.data()};
      run_on_host(forward);
      problem.expect_close(out, problem.out);
      const NeighbourNormBackward<T> backward{
          problem.shape,       problem.x.data(), problem.grad_out.data(), problem.grad_skip.data(), inverse_rms.data(),
          problem.keep.data(), grad_x.data()};
      run_on_host(backward);
      problem.expect_close(grad_x, problem.grad_x);
      NeighbourNormBackward<T> without_skip = backward;
      without_skip.grad_skip = nullptr;
      run_on_host(without_skip);
      problem.expect_close(grad_x, problem.grad_x_without_skip());
    }
}

template <class T>
void test_device() {
  for (const size_t n_rows : {1, 2, 5, 1000})
    for (const size_t width : {16, 80, 272, 1024}) {
      const Problem<T> problem(n_rows, width);
      const CudaVector x(problem.x), grad_out(problem.grad_out), grad_skip(problem.grad_skip);
      const CudaVector out(std::vector<T>(problem.out.size())), grad_x(std::vector<T>(problem.x.size()));
      const CudaVector inverse_rms(std::vector<float>(n_rows, kNan));
      const CudaVector keep(problem.keep);
      neighbour_norm_forward_cuda({problem.shape, x.data(), out.data(), inverse_rms.data()}, nullptr);
      problem.expect_close(out.read(), problem.out);
      neighbour_norm_backward_cuda(
          {problem.shape, x.data(), grad_out.data(), grad_skip.data(), inverse_rms.data(), keep.data(), grad_x.data()},
          nullptr);
      problem.expect_close(grad_x.read(), problem.grad_x);
    }
}

TEST(NeighbourNorm, BlocksAgreeWithTheReference) {
  test_blocks<float>();
  test_blocks<uint16_t>();
}

TEST(NeighbourNorm, AgreesWithTheReferenceOnADevice) {
  GULO_SKIP_WITHOUT_CUDA();
  test_device<float>();
  test_device<uint16_t>();
}

TEST(NeighbourNorm, ReferenceGradientAgreesWithCentralDifferences) {
  const Problem<float> problem(6, 16);
  auto x = problem.wide(problem.x);
  const auto grad_out = problem.wide(problem.grad_out), grad_skip = problem.wide(problem.grad_skip);
  const auto loss = [&] {
    std::vector<double> out(grad_out.size());
    neighbour_norm_forward_reference(problem.shape, x.data(), out.data());
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += out[i] * grad_out[i];
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * grad_skip[i];
    return sum;
  };
  for (size_t i = 0; i < x.size(); i += 7) {
    if (!problem.keep[i / 16]) continue;
    const double h = 1e-5, at = x[i];
    x[i] = at + h;
    const double above = loss();
    x[i] = at - h;
    const double below = loss();
    x[i] = at;
    EXPECT_NEAR((above - below) / (2 * h), problem.grad_x[i], 1e-6);
  }
}

}  // namespace
}  // namespace gulo
