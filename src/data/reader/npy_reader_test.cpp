#include "data/reader/npy_reader.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/expect_error.h"

namespace gulo {
namespace {

std::vector<uint8_t> npy_with_header(const std::string& header, std::string_view values, uint8_t version = 1) {
  std::string text = header;
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  for (size_t i = 0; i < (version == 1 ? 2u : 4u); ++i) file += static_cast<char>(text.size() >> 8 * i);
  file += text;
  file += values;
  return {file.begin(), file.end()};
}

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

template <class T>
std::vector<uint8_t> npy(const std::string& type, const std::string& shape, const std::vector<T>& values,
                         bool fortran = false) {
  return npy_with_header(
      fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type, fortran ? "True" : "False", shape),
      raw(values));
}

template <class T>
std::vector<T> values_of(const RawItem& item) {
  std::vector<T> values(item.bytes.size() / sizeof(T));
  std::memcpy(values.data(), item.bytes.data(), item.bytes.size());
  return values;
}

template <class From, class To>
void expect_type(const std::string& type, ValueType to, std::vector<From> from, const std::vector<To>& expected) {
  const RawItem item = read_npy(npy(type, fmt::format("({},)", from.size()), from), {});
  EXPECT_EQ(item.shape.type, to) << type;
  EXPECT_EQ(item.shape.extents, (std::array<uint32_t, 3>{static_cast<uint32_t>(from.size()), 1, 1})) << type;
  EXPECT_EQ(values_of<To>(item), expected) << type;
}

TEST(NpyReader, EveryTypeGivesTheNearestOne) {
  expect_type<uint8_t, uint8_t>("|u1", ValueType::kUint8, {0, 7, 255}, {0, 7, 255});
  expect_type<uint8_t, uint8_t>("|b1", ValueType::kUint8, {0, 1}, {0, 1});
  expect_type<int8_t, int16_t>("|i1", ValueType::kInt16, {-128, 127}, {-128, 127});
  expect_type<uint16_t, uint16_t>("<u2", ValueType::kUint16, {1, 65535}, {1, 65535});
  expect_type<int16_t, int16_t>("<i2", ValueType::kInt16, {-32768, 5}, {-32768, 5});
  expect_type<int32_t, int32_t>("<i4", ValueType::kInt32, {-2147483647, 5}, {-2147483647, 5});
  expect_type<uint32_t, float>("<u4", ValueType::kFloat32, {4000000000u}, {4e9f});
  expect_type<int64_t, float>("<i8", ValueType::kFloat32, {-3, 1000000}, {-3, 1e6f});
  expect_type<uint64_t, float>("<u8", ValueType::kFloat32, {3}, {3});
  expect_type<float, float>("<f4", ValueType::kFloat32, {0.1f, -INFINITY}, {0.1f, -INFINITY});
  expect_type<double, float>("<f8", ValueType::kFloat32, {0.1, 1e300}, {0.1f, INFINITY});
  expect_type<uint16_t, float>("<f2", ValueType::kFloat32, {0x3C00, 0xC100, 0x0001, 0x7C00},
                               {1, -2.5f, std::ldexp(1.f, -24), INFINITY});
  expect_type<uint16_t, int16_t>(">i2", ValueType::kInt16, {0x0100, 0xFEFF}, {1, -2});
  const RawItem nan = read_npy(npy<double>("<f8", "(1,)", {std::nan("")}), {});
  EXPECT_TRUE(std::isnan(values_of<float>(nan)[0]));
}

TEST(NpyReader, FortranOrderBecomesCOrder) {
  const RawItem item = read_npy(npy<int16_t>("<i2", "(2, 3)", {1, 4, 2, 5, 3, 6}, true), {});
  EXPECT_EQ(item.shape.extents, (std::array<uint32_t, 3>{2, 3, 1}));
  EXPECT_EQ(values_of<int16_t>(item), (std::vector<int16_t>{1, 2, 3, 4, 5, 6}));
}

TEST(NpyReader, EveryVersion) {
  for (const uint8_t version : {1, 2, 3}) {
    const auto file = npy_with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }", "ab", version);
    EXPECT_EQ(read_npy(file, {}).bytes.size(), 2u);
    EXPECT_EQ(find_reader(file)->name, "NumPy");
  }
  error_text(ErrorKind::kData, [] { read_npy(npy_with_header("{'descr': '<i2'}", "ab", 9), {}); });
}

TEST(NpyReader, LyingHeadersAreErrors) {
  const auto said = [](const std::string& type, const std::string& shape) {
    return error_text(ErrorKind::kData, [&] { read_npy(npy<uint8_t>(type, shape, {1, 2, 3, 4}), {}); });
  };
  EXPECT_NE(said("<i2", "(3,)").find("needs 6 bytes and it has 4"), std::string::npos);
  said("<i2", "(18446744073709551615, 18446744073709551615)");
  said("<i2", "(99999999999999999999999,)");
  said("<i2", "(-1,)");
  said("<i2", "(0, 99999999999)");
  said("<i2", "()");
  said("<i2", "(2");
  said("<U99999999999999999", "(1,)");
  said("<U0", "(99999999999,)");
  said("<i3", "(1,)");
  said("|O", "(1,)");
  said("<M8[ns]", "(1,)");
  said("<c8", "(1,)");
  said("|S4", "(1,)");
  EXPECT_NE(said("|u1", "(1, 2, 2)").find("3 axes"), std::string::npos);
  said("|u1", "(1,'descr': )");
}

TEST(NpyReader, CutShortAnywhereIsAnError) {
  const auto file = npy<int16_t>("<i2", "(2,)", {1, 2});
  for (size_t n = 0; n < file.size(); ++n)
    error_text(ErrorKind::kData, [&] {
      read_npy(std::vector<uint8_t>(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(n)), {});
    });
  EXPECT_EQ(read_npy(file, {.max_bytes = 4}).bytes.size(), 4u);
  error_text(ErrorKind::kData, [&] { read_npy(file, {.max_bytes = 3}); });
}

TEST(NpyArray, ValuesAsText) {
  EXPECT_EQ(npy_texts(parse_npy(npy<int64_t>("<i8", "(2,)", {-3, 12}))), (std::vector<std::string>{"-3", "12"}));
  EXPECT_EQ(npy_texts(parse_npy(npy<double>("<f8", "(2,)", {1, 0.5}))), (std::vector<std::string>{"1", "0.5"}));
  EXPECT_EQ(npy_texts(parse_npy(npy<char>("|S3", "(2,)", {'a', 'b', 'c', 'd', 0, 0}))),
            (std::vector<std::string>{"abc", "d"}));
  EXPECT_EQ(npy_texts(parse_npy(npy<uint32_t>("<U2", "(2,)", {'a', 0xE9, 0x1F600, 0}))),
            (std::vector<std::string>{"a\xC3\xA9", "\xF0\x9F\x98\x80"}));
}

}  // namespace
}  // namespace gulo
