#include "engine/train/matmul_check.h"

#include <ATen/ATen.h>
#include <cpuid.h>
#include <fmt/format.h>

#include "base/progress.h"

namespace gulo {

namespace {

constexpr double kTolerance = 0.02;  // of the product of the norms; bf16 has 8 bits

// CPUID leaf 7 (Intel SDM volume 2): subleaf 1 EAX bit 5 AVX512_BF16; subleaf 0 EDX bit 22 AMX-BF16.
unsigned cpuid_bit(unsigned subleaf, bool edx, int bit) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, subleaf, &a, &b, &c, &d)) return 0;
  return (edx ? d : a) >> bit & 1;
}

double product_error(at::ScalarType dtype, bool transpose_left, bool transpose_right, int64_t m, int64_t k, int64_t n) {
  const auto generator = at::detail::createCPUGenerator(5);
  const at::Tensor left = at::randn({m, k}, generator, at::kFloat).to(dtype);
  const at::Tensor right = at::randn({k, n}, generator, at::kFloat).to(dtype);
  const at::Tensor stored_left = transpose_left ? left.t().contiguous().t() : left;
  const at::Tensor stored_right = transpose_right ? right.t().contiguous().t() : right;
  const at::Tensor expected = at::mm(left.to(at::kDouble), right.to(at::kDouble));
  const at::Tensor error = at::mm(stored_left, stored_right).to(at::kDouble) - expected;
  return error.abs().max().item<double>() / std::sqrt(static_cast<double>(k)) / 4;
}

}  // namespace

bool cpu_has_bf16() { return cpuid_bit(1, false, 5) || cpuid_bit(0, true, 22); }

std::vector<SelfTest> self_test_matmul(at::ScalarType dtype) {
  const at::NoGradGuard no_grad;
  std::vector<SelfTest> results;
  for (const bool left : {false, true})
    for (const bool right : {false, true}) {
      SelfTest test{fmt::format("{} product{}{}", dtype == at::kBFloat16 ? "bf16" : "fp32",
                                left ? ", left transposed" : "", right ? ", right transposed" : ""),
                    false, 0, ""};
      for (const int64_t m : {1, 64, 515})
        test.worst_error = std::max(test.worst_error, product_error(dtype, left, right, m, 384, 136));
      test.passed = test.worst_error <= kTolerance;
      results.push_back(test);
    }
  return results;
}

at::ScalarType matmul_dtype() {
  if (!cpu_has_bf16()) return at::kFloat;
  for (const SelfTest& test : self_test_matmul(at::kBFloat16))
    if (!test.passed) {
      warn(fmt::format("{} is wrong by {:.3f} here: fp32 is used instead", test.name, test.worst_error));
      return at::kFloat;
    }
  return at::kBFloat16;
}

}  // namespace gulo
