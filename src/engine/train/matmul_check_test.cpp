#include "engine/train/matmul_check.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(MatmulCheck, Fp32IsRight) {
  for (const auto& test : self_test_matmul(at::kFloat)) {
    EXPECT_TRUE(test.passed) << test.name;
    EXPECT_LT(test.worst_error, 1e-5) << test.name;
    EXPECT_GT(test.worst_error, 0) << "something was calculated";
  }
}

TEST(MatmulCheck, WhatIsChosenIsRight) {
  for (const auto& test : self_test_matmul(matmul_dtype(Kind::kBytes))) EXPECT_TRUE(test.passed) << test.name;
}

}  // namespace
}  // namespace gulo
