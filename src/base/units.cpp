#include "base/units.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include "base/error.h"

namespace gulo {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// NUMBER[UNIT], the number finite and not negative. Independent of the locale, unlike strtod.
double parse_with_unit(const std::string& text, std::span<const Unit> units, const char* what, const char* hint) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  const auto bad = [&] { return Error(ErrorKind::kUsage, fmt::format("'{}' is not a {}", text, what), hint); };
  if (problem != std::errc() || number < 0 || !std::isfinite(number)) throw bad();
  const std::string_view name(rest, static_cast<size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name == name) return number * unit.factor;
  }
  throw bad();
}

}  // namespace

double parse_duration_s(const std::string& text) {
  static constexpr std::array<Unit, 5> kUnits{{{"", 1}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}}};
  return parse_with_unit(text, kUnits, "duration", "write 30s, 2m, 1.5h or a number of seconds");
}

uint64_t parse_size_bytes(const std::string& text) {
  static constexpr std::array<Unit, 6> kUnits{
      {{"", 1}, {"B", 1}, {"K", 0x1p10}, {"M", 0x1p20}, {"G", 0x1p30}, {"T", 0x1p40}}};
  static constexpr const char* kHint = "write 64K, 2M, 1.5G or a number of bytes";
  const double bytes = parse_with_unit(text, kUnits, "size", kHint);
  // A double at or above 2^64 has no value as uint64_t.
  require(bytes < 0x1p64, ErrorKind::kUsage, fmt::format("'{}' is too large a size", text), kHint);
  return static_cast<uint64_t>(bytes);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  // The limits are those of the rounded text, so that 59.96 s is "1 min 00 s" and not "60.0 s".
  if (seconds < 0.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const auto minutes = std::llround(seconds / 60);
  return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
}

std::string format_bytes(double bytes) {
  static constexpr std::array<const char*, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1023.5) return fmt::format("{:.0f} B", bytes);
  size_t unit = 0;
  for (bytes /= 1024; bytes >= 1023.95 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

std::string format_count(uint64_t count) {
  const std::string digits = fmt::format("{}", count);
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string format_si(double value) {
  static constexpr std::array<const char*, 7> kPrefixes{"", " k", " M", " G", " T", " P", " E"};
  size_t prefix = 0;
  for (; std::abs(value) >= 999.5 && prefix + 1 < kPrefixes.size(); ++prefix) value /= 1000;
  // Two significant digits below 10, whole numbers without a decimal point.
  const bool whole = std::abs(value) >= 9.95 || std::abs(value - std::round(value)) < 0.05;
  return fmt::format("{:.{}f}{}", value, whole ? 0 : 1, kPrefixes[prefix]);
}

std::string format_percent(double fraction) {
  if (!std::isfinite(fraction)) return "?";
  return fmt::format("{:.2f} %", fraction * 100);
}

}  // namespace gulo
