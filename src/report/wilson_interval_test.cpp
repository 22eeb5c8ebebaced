#include "report/wilson_interval.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gulo {
namespace {

TEST(WilsonInterval, KnownValues) {
  // Newcombe 1998, table I, method 3.
  EXPECT_NEAR(wilson_interval(81, 263).low, 0.2553, 5e-5);
  EXPECT_NEAR(wilson_interval(81, 263).high, 0.3662, 5e-5);
  EXPECT_NEAR(wilson_interval(15, 148).low, 0.0624, 5e-5);
  EXPECT_NEAR(wilson_interval(15, 148).high, 0.1605, 5e-5);
  EXPECT_NEAR(wilson_interval(1, 29).low, 0.0061, 5e-5);
  EXPECT_NEAR(wilson_interval(1, 29).high, 0.1718, 5e-5);
}

TEST(WilsonInterval, EndsStayInside) {
  EXPECT_EQ(wilson_interval(0, 20).low, 0);
  EXPECT_NEAR(wilson_interval(0, 20).high, 0.1611, 5e-5);
  EXPECT_EQ(wilson_interval(20, 20).high, 1);
  EXPECT_TRUE(std::isnan(wilson_interval(0, 0).low));
}

}  // namespace
}  // namespace gulo
