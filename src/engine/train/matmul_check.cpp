#include "engine/train/matmul_check.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/progress.h"
#include "engine/net/grid_convolution.h"
#include "engine/net/tile_product.h"

namespace gulo {

namespace {

// Of the standard deviation of a sum of k products of normal numbers; bf16 keeps 8 bits of a factor.
constexpr double kTolerance = 0.1;

at::Tensor normal(std::vector<int64_t> shape, at::ScalarType dtype) {
  static auto generator = at::detail::createCPUGenerator(5);
  return at::randn(shape, generator, at::kFloat).to(dtype);
}

double relative_error(const at::Tensor& product, const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor expected = at::mm(a.to(at::kDouble), b.to(at::kDouble));
  const double worst = (product.to(at::kDouble) - expected).abs().max().item<double>();
  return std::isnan(worst) ? INFINITY : worst / std::sqrt(static_cast<double>(a.size(1)));
}

// Rows of `a` that overlap by two thirds: k == 3 * stride, as three neighbours are read.
template <class T>
double tile_error(at::ScalarType dtype, int64_t n_rows, int64_t stride, int64_t n) {
  const int64_t k = 3 * stride;
  const at::Tensor rows = normal({n_rows + 2, stride}, dtype), weight = normal({k, n}, dtype).to(at::kFloat);
  TileMatrix<T> right(k, n);
  right.set_weight(weight.const_data_ptr<float>());
  at::Tensor product = at::zeros({n_rows, n});
  right.multiply(n_rows, static_cast<const T*>(rows.const_data_ptr()), stride, product.mutable_data_ptr<float>());
  release_tile_hardware();
  return relative_error(product, rows.as_strided({n_rows, k}, {stride, 1}), weight);
}

double plain_error(at::ScalarType dtype, bool left_transposed, bool right_transposed) {
  double worst = 0;
  for (const int64_t m : {1, 64, 515}) {
    const at::Tensor a = normal({m, 384}, dtype), b = normal({384, 136}, dtype);
    worst = std::max(worst, relative_error(at::mm(left_transposed ? a.t().contiguous().t() : a,
                                                  right_transposed ? b.t().contiguous().t() : b),
                                           a, b));
  }
  return worst;
}

}  // namespace

std::vector<SelfTest> self_test_matmul(at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  const bool bf16 = dtype == at::kBFloat16;
  std::vector<SelfTest> results;
  const auto add = [&](const std::string& name, double error) {
    results.push_back({(bf16 ? "bf16 " : "fp32 ") + name, error <= kTolerance, error, ""});
  };
  for (const int64_t n_rows : {kTileRows, int64_t{1}, int64_t{37}})
    add(fmt::format("product of {} overlapping rows", n_rows),
        bf16 ? tile_error<uint16_t>(dtype, n_rows, 128, 256) : tile_error<float>(dtype, n_rows, 128, 256));
  add("product", plain_error(dtype, false, false));
  add("product, left transposed", plain_error(dtype, true, false));
  add("product, right transposed", plain_error(dtype, false, true));
  return results;
}

at::ScalarType matmul_dtype(Kind kind) {
  if (fastest_dtype(kind == Kind::kPixels ? kBf16Convolution : 1) != at::kBFloat16) return at::kFloat;
  for (const SelfTest& test : self_test_matmul(at::kBFloat16))
    if (!test.passed) {
      warn(fmt::format("{} is wrong by {:.3f} here: fp32 is used instead", test.name, test.worst_error));
      return at::kFloat;
    }
  return at::kBFloat16;
}

}  // namespace gulo
