#include "kernel/kernel_check.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(SelfTest, KernelsCalculateRightHere) {
  const auto results = self_test_kernels();
  EXPECT_EQ(results.size(), 4u);
  for (const auto& result : results) EXPECT_TRUE(result.passed) << result.name << ": " << result.worst_error;
}

TEST(SelfTest, SaysWhichInstructionSetIsUsed) { EXPECT_FALSE(kernel_target().empty()); }

}  // namespace
}  // namespace gulo
