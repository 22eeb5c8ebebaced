#include "base/units.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "base/error.h"

namespace gulo {
namespace {

ErrorKind kind_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.kind();
  }
  return static_cast<ErrorKind>(0);
}

TEST(Units, DurationsArePeoples) {
  EXPECT_DOUBLE_EQ(parse_duration_s("30s"), 30);
  EXPECT_DOUBLE_EQ(parse_duration_s("2m"), 120);
  EXPECT_DOUBLE_EQ(parse_duration_s("2min"), 120);
  EXPECT_DOUBLE_EQ(parse_duration_s("1.5h"), 5400);
  EXPECT_DOUBLE_EQ(parse_duration_s("90"), 90);
  EXPECT_DOUBLE_EQ(parse_duration_s("0"), 0);
}

TEST(Units, OtherDurationsAreUsageErrors) {
  for (const char* text : {"", "s", "abc", "-3s", "1d", "1 h", "1h30m", "nan", "inf", "1e3s", "0x10", "30s "})
    EXPECT_EQ(kind_of([&] { parse_duration_s(text); }), ErrorKind::kUsage) << text;
}

TEST(Units, SizesArePowersOf1024) {
  EXPECT_EQ(parse_size_bytes("4096"), 4096u);
  EXPECT_EQ(parse_size_bytes("7B"), 7u);
  EXPECT_EQ(parse_size_bytes("64K"), 65536u);
  EXPECT_EQ(parse_size_bytes("2M"), 2097152u);
  EXPECT_EQ(parse_size_bytes("1.5G"), 1610612736u);
}

TEST(Units, OtherSizesAreUsageErrors) {
  for (const char* text : {"", "K", "-1", "1KiB", "1Q", "99999999999999999999", "16777216T"})
    EXPECT_EQ(kind_of([&] { parse_size_bytes(text); }), ErrorKind::kUsage) << text;
}

TEST(Units, DurationsAreWrittenWithoutGapsBetweenUnits) {
  EXPECT_EQ(format_duration(0.42), "0.42 s");
  EXPECT_EQ(format_duration(0.999), "1.0 s");
  EXPECT_EQ(format_duration(12.34), "12.3 s");
  EXPECT_EQ(format_duration(59.96), "1 min 00 s");
  EXPECT_EQ(format_duration(65), "1 min 05 s");
  EXPECT_EQ(format_duration(3599.7), "1 h 00 min");
  EXPECT_EQ(format_duration(7380), "2 h 03 min");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "?");
}

TEST(Units, BytesCountsAndShares) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1023.7), "1.0 KiB");
  EXPECT_EQ(format_bytes(4096), "4.0 KiB");
  EXPECT_EQ(format_bytes(1048570), "1.0 MiB");
  EXPECT_EQ(format_bytes(1.2 * 0x1p30), "1.2 GiB");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(12398), "12,398");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_si(12), "12");
  EXPECT_EQ(format_si(1.2e6), "1.2 M");
  EXPECT_EQ(format_si(3.5e11), "350 G");
  EXPECT_EQ(format_si(999.7), "1 k");
  EXPECT_EQ(format_percent(0.0123), "1.23 %");
  EXPECT_EQ(format_percent(std::numeric_limits<double>::quiet_NaN()), "?");
}

}  // namespace
}  // namespace gulo
