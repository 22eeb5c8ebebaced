// One table of cases: value, gradient, threads and instruction sets of byte_stem.
#include "kernel/byte_stem.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel/byte_stem_cases.h"

namespace gulo {
namespace {

using namespace byte_stem_cases;

struct Gradient {
  std::vector<float> table, bias;
  bool operator==(const Gradient&) const = default;
};

// Calls that own their results, which start as NaN: what is not written shows.
struct Problem : Inputs {
  using Inputs::Inputs;

  template <class Out>
  std::vector<Out> forward(int n_threads) const {
    std::vector<Out> out(grad_out.size(), std::numeric_limits<Out>::max());
    byte_stem_forward_cpu(shape, x.data(), table.data(), bias.data(), out.data(), n_threads);
    return out;
  }

  template <class Grad>
  Gradient backward(const std::vector<Grad>& grad, int n_threads) const {
    Gradient result{std::vector<float>(table.size(), NAN), std::vector<float>(bias.size(), NAN)};
    byte_stem_backward_cpu(shape, x.data(), grad.data(), result.table.data(), result.bias.data(), n_threads);
    return result;
  }
};

class ByteStem : public testing::TestWithParam<Case> {};

TEST_P(ByteStem, ForwardAgreesWithReference) {
  const Problem problem(GetParam());
  const auto reference = problem.reference_forward(to_double(problem.table), to_double(problem.bias));
  const auto out = problem.forward<float>(1);
  expect_close(out, reference);
  const auto out_bf16 = problem.forward<uint16_t>(1);
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out_bf16[i], to_bf16(out[i])) << "element " << i;
}

TEST_P(ByteStem, BackwardAgreesWithReference) {
  const Problem problem(GetParam());
  const auto check = [&](const auto& grad) {
    const auto grad64 = to_double(grad);
    std::vector<double> table(problem.table.size()), bias(problem.bias.size());
    byte_stem_backward_reference(problem.shape, problem.x.data(), grad64.data(), table.data(), bias.data());
    const Gradient result = problem.backward(grad, 1);
    expect_close(result.table, table);
    expect_close(result.bias, bias);
  };
  check(problem.grad_out);
  check(problem.grad_out_bf16);
}

// d(grad_out . out) / d(parameter): out is linear in the parameters, so the difference is exact but for rounding.
TEST_P(ByteStem, ReferenceGradientAgreesWithCentralDifferences) {
  Case small = GetParam();
  small.n_positions = std::min<size_t>(small.n_positions, 40);
  const Problem problem(small);
  auto table = to_double(problem.table), bias = to_double(problem.bias);
  const auto grad = to_double(problem.grad_out);
  std::vector<double> grad_table(table.size()), grad_bias(bias.size());
  byte_stem_backward_reference(problem.shape, problem.x.data(), grad.data(), grad_table.data(), grad_bias.data());

  const auto loss = [&] {
    const auto out = problem.reference_forward(table, bias);
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += out[i] * grad[i];
    return sum;
  };
  const auto difference = [&](double& parameter) {
    const double h = 1e-3, at = parameter;
    parameter = at + h;
    const double above = loss();
    parameter = at - h;
    const double below = loss();
    parameter = at;
    return (above - below) / (2 * h);
  };
  Rng rng(3);
  for (int trial = 0; trial < 12; ++trial) {
    const size_t channel = rng.below(small.width), tap = rng.below(small.taps);
    // Mostly a row that the bytes do use; one in three a row that may be unused, whose gradient is then 0.
    const bool used = !problem.x.empty() && trial % 3 != 0;
    const size_t row =
        used ? problem.x[rng.below(small.n_positions) * small.taps + tap] : rng.below(ByteStemShape::kRows);
    const size_t i = (tap * ByteStemShape::kRows + row) * small.width + channel;
    EXPECT_NEAR(difference(table[i]), grad_table[i], 1e-8);
    EXPECT_NEAR(difference(bias[channel]), grad_bias[channel], 1e-8);
  }
}

TEST_P(ByteStem, SameBitsForAnyNumberOfThreads) {
  const Problem problem(GetParam());
  const auto out = problem.forward<float>(1);
  const auto out_bf16 = problem.forward<uint16_t>(1);
  const auto gradient = problem.backward(problem.grad_out, 1);
  const auto gradient_bf16 = problem.backward(problem.grad_out_bf16, 1);
  for (int n_threads : {2, 3, 40}) {
    EXPECT_EQ(problem.forward<float>(n_threads), out) << n_threads;
    EXPECT_EQ(problem.forward<uint16_t>(n_threads), out_bf16) << n_threads;
    EXPECT_EQ(problem.backward(problem.grad_out, n_threads), gradient) << n_threads;
    EXPECT_EQ(problem.backward(problem.grad_out_bf16, n_threads), gradient_bf16) << n_threads;
  }
}

#ifndef HWY_COMPILE_ONLY_STATIC  // which has one instruction set and no library to ask
// Only additions in a fixed order: vectors of any length must agree to the bit.
TEST_P(ByteStem, SameBitsForEveryInstructionSet) {
  const Problem problem(GetParam());
  const auto out = problem.forward<float>(1);
  const auto out_bf16 = problem.forward<uint16_t>(1);
  const auto gradient = problem.backward(problem.grad_out_bf16, 1);
  for (int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_EQ(problem.forward<float>(1), out) << hwy::TargetName(target);
    EXPECT_EQ(problem.forward<uint16_t>(1), out_bf16) << hwy::TargetName(target);
    EXPECT_EQ(problem.backward(problem.grad_out_bf16, 1), gradient) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}
#endif

INSTANTIATE_TEST_SUITE_P(Cases, ByteStem, testing::ValuesIn(kCases));

TEST(ByteStemRange, WritesItsPositionsOnly) {
  const Problem problem({50, 4, 32, Bytes::kRandom});
  const auto whole = problem.forward<float>(1);
  std::vector<float> out(whole.size(), -7.f);
  byte_stem_forward_range(problem.shape, problem.x.data(), problem.table.data(), problem.bias.data(), out.data(), 13,
                          29);
  for (size_t i = 0; i < out.size(); ++i) {
    const bool inside = i / 32 >= 13 && i / 32 < 29;
    ASSERT_EQ(out[i], inside ? whole[i] : -7.f) << "element " << i;
  }
}

TEST(ByteStemBf16, RoundsToNearestEvenAndKeepsInfinityAndNan) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> bias{1.f,       std::bit_cast<float>(0x3F808000u), std::bit_cast<float>(0x3F818000u), infinity,
                          -infinity, std::bit_cast<float>(0x7FFFFFFFu), std::bit_cast<float>(0xFF800001u), 3.4e38f,
                          1e-40f};
  bias.resize(16, -0.f);
  const ByteStemShape shape{1, 1, 16};
  const std::vector<float> table(shape.table_elements(), -0.f);  // the one value that changes no sum, -0 included
  const uint16_t x = 65;
  std::vector<uint16_t> out(16);
  byte_stem_forward_cpu(shape, &x, table.data(), bias.data(), out.data(), 1);
  for (size_t i : {5, 6}) {
    EXPECT_TRUE(std::isnan(from_bf16(out[i]))) << "element " << i;
    out[i] = 0;
  }
  EXPECT_EQ(out, (std::vector<uint16_t>{0x3F80, 0x3F80, 0x3F82, 0x7F80, 0xFF80, 0, 0, to_bf16(3.4e38f), to_bf16(1e-40f),
                                        0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000}));
}

}  // namespace
}  // namespace gulo
