// The cases that every version of byte_stem is tested with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "kernel/byte_stem.h"

namespace gulo::byte_stem_cases {

enum class Bytes { kRandom, kFew, kAllPad };  // kFew: long runs of one byte and padding at the end, as files have

struct Case {
  size_t n_positions;
  int taps, width;
  Bytes bytes;
};

inline void PrintTo(const Case& c, std::ostream* out) {
  const char* names[] = {"random", "few", "all_pad"};
  *out << c.n_positions << "x" << c.taps << "x" << c.width << " " << names[static_cast<int>(c.bytes)];
}

inline float round_to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value), remainder = bits & 0xFFFF, below = bits & ~0xFFFFu;
  const bool up = remainder > 0x8000 || (remainder == 0x8000 && (bits & 0x10000));
  return std::bit_cast<float>(below + (up ? 0x10000u : 0u));
}

inline float from_bf16(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
inline uint16_t to_bf16(float value) { return std::bit_cast<uint32_t>(round_to_bf16(value)) >> 16; }

inline std::vector<float> random_floats(size_t n, Rng& rng) {
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.uniform() * 2 - 1);
  return values;
}

inline std::vector<uint16_t> make_bytes(size_t n, Bytes bytes, Rng& rng) {
  std::vector<uint16_t> x(n, ByteStemShape::kPad);
  if (bytes == Bytes::kRandom)
    for (auto& value : x) value = static_cast<uint16_t>(rng.below(ByteStemShape::kRows));
  if (bytes == Bytes::kFew)
    for (size_t i = 0; i < n * 3 / 4; ++i) x[i] = i % 37 < 20 ? 0 : static_cast<uint16_t>(rng.below(4));
  return x;
}

inline std::vector<double> to_double(const std::vector<float>& values) { return {values.begin(), values.end()}; }
inline std::vector<double> to_double(const std::vector<uint16_t>& values) {
  std::vector<double> result;
  for (uint16_t bits : values) result.push_back(from_bf16(bits));
  return result;
}

// The inputs of a case.
struct Inputs {
  ByteStemShape shape;
  std::vector<uint16_t> x;
  std::vector<float> table, bias, grad_out;
  std::vector<uint16_t> grad_out_bf16;

  explicit Inputs(const Case& c) : shape{c.n_positions, c.taps, c.width} {
    Rng rng(7);
    x = make_bytes(c.n_positions * c.taps, c.bytes, rng);
    table = random_floats(shape.table_elements(), rng);
    bias = random_floats(c.width, rng);
    grad_out = random_floats(c.n_positions * c.width, rng);
    std::transform(grad_out.begin(), grad_out.end(), std::back_inserter(grad_out_bf16), to_bf16);
  }

  std::vector<double> reference_forward(const std::vector<double>& table64, const std::vector<double>& bias64) const {
    std::vector<double> out(grad_out.size());
    byte_stem_forward_reference(shape, x.data(), table64.data(), bias64.data(), out.data());
    return out;
  }
};

inline double largest(const std::vector<double>& values) {
  double result = 0;
  for (double value : values) result = std::max(result, std::abs(value));
  return result;
}

inline void expect_close(const std::vector<float>& values, const std::vector<double>& reference) {
  ASSERT_EQ(values.size(), reference.size());
  const double tolerance = 1e-5 * largest(reference);
  for (size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], reference[i], tolerance) << "element " << i;
}

inline const std::vector<Case> kCases{
    Case{0, 8, 128, Bytes::kRandom}, Case{1, 8, 128, Bytes::kRandom},   Case{1, 1, 16, Bytes::kAllPad},
    Case{37, 1, 16, Bytes::kRandom}, Case{100, 3, 48, Bytes::kRandom},  Case{300, 4, 272, Bytes::kFew},
    Case{2500, 8, 128, Bytes::kFew}, Case{2500, 8, 64, Bytes::kAllPad}, Case{1025, 16, 80, Bytes::kRandom}};

}  // namespace gulo::byte_stem_cases
