#include "compare/significance.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(McNemar, KnownValues) {
  EXPECT_DOUBLE_EQ(mcnemar_p(0, 0), 1);
  EXPECT_NEAR(mcnemar_p(0, 5), 2.0 / 32, 1e-12);
  EXPECT_NEAR(mcnemar_p(1, 9), 22.0 / 1024, 1e-12);
  EXPECT_NEAR(mcnemar_p(10, 2), 158.0 / 4096, 1e-12);
  // Exact sum in whole numbers.
  EXPECT_NEAR(mcnemar_p(59, 16), 6.114156572521502e-07, 1e-15);
}

TEST(McNemar, IsSymmetricAndNeverAboveOne) {
  EXPECT_DOUBLE_EQ(mcnemar_p(3, 11), mcnemar_p(11, 3));
  EXPECT_DOUBLE_EQ(mcnemar_p(7, 7), 1);
}

TEST(McNemar, ManyItems) {
  EXPECT_NEAR(mcnemar_p(5000, 5000), 1, 1e-9);
  const double p = mcnemar_p(4800, 5200);  // 4 standard deviations
  EXPECT_GT(p, 1e-5);
  EXPECT_LT(p, 1e-4);
}

}  // namespace
}  // namespace gulo
