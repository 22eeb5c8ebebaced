// One table of cases: reference, CPU version and instruction sets of convolution_bank.
#include "kernel/convolution_bank.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>

#include "base/rng.h"

namespace gulo {
namespace {

struct Case {
  size_t n_steps, n_channels;
  std::vector<int> dilations, n_biases;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.n_steps << " steps x " << c.n_channels << " channels, first dilation " << c.dilations.front();
}

// A bank and an item of a case. Whole numbers: their sums are exact as float, so every count must be the reference's.
struct Problem {
  Case shape;
  std::vector<uint8_t> channels;
  std::vector<float> biases, planes;

  explicit Problem(const Case& c, bool whole = true) : shape(c) {
    Rng rng(5);
    const auto value = [&](double range) {
      const double v = (rng.uniform() * 2 - 1) * range;
      return static_cast<float>(whole ? std::round(v) : v);
    };
    for (size_t g = 0; g < c.dilations.size(); ++g) {
      for (size_t i = 0; i < c.n_channels; ++i) channels.push_back(rng.below(2) || i == g % c.n_channels);
      for (size_t i = 0; i < kConvolutionKernels * static_cast<size_t>(c.n_biases[g]); ++i)
        biases.push_back(value(300));
    }
    for (size_t i = 0; i < c.n_steps * c.n_channels; ++i) planes.push_back(value(100));
  }

  ConvolutionBank bank() const {
    return {shape.n_channels,      shape.dilations.size(), shape.dilations.data(),
            shape.n_biases.data(), channels.data(),        biases.data()};
  }
  std::vector<float> cpu() const {
    ConvolutionScratch scratch;
    std::vector<float> features(bank().n_features(), NAN);  // what is not written shows
    convolution_bank_cpu(bank(), planes.data(), shape.n_steps, scratch, features.data());
    return features;
  }
  std::vector<double> reference() const {
    std::vector<double> features(bank().n_features(), NAN);
    convolution_bank_reference(bank(), planes.data(), shape.n_steps, features.data());
    return features;
  }
};

class ConvolutionBankCases : public testing::TestWithParam<Case> {};

TEST_P(ConvolutionBankCases, CountsAreTheReferences) {
  const Problem problem(GetParam());
  const auto features = problem.cpu();
  const auto reference = problem.reference();
  double sum = 0;
  for (size_t i = 0; i < features.size(); ++i) {
    ASSERT_EQ(features[i], static_cast<float>(reference[i])) << "feature " << i;
    sum += reference[i];
  }
  if (GetParam().n_steps > 0) {  // the case is not one where all biases are above or below all responses
    EXPECT_GT(sum, 0);
    EXPECT_LT(sum, static_cast<double>(features.size()));
  }
}

TEST_P(ConvolutionBankCases, OfFractionsAtMostOneStepIsOnTheOtherSide) {
  const Problem problem(GetParam(), false);
  const auto features = problem.cpu();
  const auto reference = problem.reference();
  size_t n_different = 0;
  for (size_t i = 0; i < features.size(); ++i) {
    ASSERT_NEAR(features[i], reference[i], 1.5 / static_cast<double>(std::max<size_t>(1, GetParam().n_steps)));
    n_different += features[i] != static_cast<float>(reference[i]);
  }
  EXPECT_LE(n_different, 2u);
}

#ifndef HWY_COMPILE_ONLY_STATIC  // which has one instruction set and no library to ask
TEST_P(ConvolutionBankCases, SameBitsForEveryInstructionSet) {
  const Problem problem(GetParam(), false);
  const auto features = problem.cpu();
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_EQ(problem.cpu(), features) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}
#endif

INSTANTIATE_TEST_SUITE_P(Cases, ConvolutionBankCases,
                         testing::Values(Case{0, 1, {1}, {1}}, Case{1, 1, {1, 7}, {4, 1}},
                                         Case{7, 12, {1, 2, 3}, {1, 1, 1}}, Case{9, 2, {1, 2}, {3, 5}},
                                         Case{10, 1, {1, 400}, {9, 2}}, Case{29, 12, {1, 3}, {2, 7}},
                                         Case{1023, 1, {5}, {4}}, Case{1024, 1, {127}, {4}}, Case{1025, 3, {128}, {1}},
                                         Case{1460, 1, {181}, {6}}, Case{2500, 2, {600}, {2}}));

TEST(ConvolutionBank, AConstantSignalIsExactlyAtZeroInside) {
  const std::vector<float> planes(100, 0.1f);
  const uint8_t channel = 1;
  for (size_t kernel = 0; kernel < kConvolutionKernels; ++kernel)
    for (size_t step = 4; step < 96; ++step)
      ASSERT_EQ(convolution_response(planes.data(), 1, 100, &channel, 1, kernel, step), 0);
  const int dilation = 1, n_biases = 1;
  const std::vector<float> biases(kConvolutionKernels, 0);
  std::vector<float> features(kConvolutionKernels);
  ConvolutionScratch scratch;
  convolution_bank_cpu({1, 1, &dilation, &n_biases, &channel, biases.data()}, planes.data(), 100, scratch,
                       features.data());
  for (const float feature : features) EXPECT_LE(feature, 0.08f);  // the four steps at either end see the zeros
}

TEST(ConvolutionBank, AKernelIsTwoAtItsTapsAndMinusOneElsewhere) {
  std::vector<float> planes(30);
  planes[10] = 1;  // the response to an impulse is the kernel backwards
  const uint8_t channel = 1;
  const size_t last = kConvolutionKernels - 1;  // taps 6, 7, 8: these are 2, 3 and 4 dilations ahead
  for (size_t step = 0; step < 30; ++step) {
    const bool ahead = step == 6 || step == 4 || step == 2, behind = step >= 8 && step <= 18 && step % 2 == 0;
    EXPECT_EQ(convolution_response(planes.data(), 1, 30, &channel, 2, last, step), ahead ? 2 : behind ? -1 : 0) << step;
  }
}

TEST(ConvolutionBankPlanes, WhatIsMissingIsTheLastValue) {
  const float nan = NAN, infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {nan, 1, 5, nan, infinity, 3, 6, -infinity};
  std::vector<float> planes(12, -1);
  convolution_bank_planes(x.data(), 4, 2, 3, planes.data());
  EXPECT_EQ(planes, (std::vector<float>{0, 5, 5, 6, 1, 1, 3, 3, 0, 0, 0, 0}));
  convolution_bank_planes(x.data(), 4, 2, 1, planes.data());
  EXPECT_EQ(planes[3], 6);
}

}  // namespace
}  // namespace gulo
