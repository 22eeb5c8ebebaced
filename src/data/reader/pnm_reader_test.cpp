#include "data/reader/pnm_reader.h"

#include <fmt/core.h>

#include <cstring>

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

std::vector<uint8_t> file_of(std::string_view text) { return {text.begin(), text.end()}; }

RawItem grey(uint32_t height, uint32_t width, std::vector<uint8_t> values) {
  return {.shape = {.type = ValueType::kUint8, .extents = {height, width, 1}}, .bytes = std::move(values)};
}

RawItem wide(std::array<uint32_t, 3> extents, const std::vector<uint16_t>& values) {
  RawItem item{.shape = {.type = ValueType::kUint16, .extents = extents}, .bytes = {}};
  item.bytes.resize(2 * values.size());
  std::memcpy(item.bytes.data(), values.data(), item.bytes.size());
  return item;
}

TEST(PnmReader, Text) {
  expect_same_picture(read_pnm(file_of("P1 3 2\n101\n0 1 0"), {}), grey(2, 3, {0, 255, 0, 255, 0, 255}));
  expect_same_picture(read_pnm(file_of("P2\n# made\n2 # wide\n2 255 0 255 # end\n7\t1"), {}),
                      grey(2, 2, {0, 255, 7, 1}));
  expect_same_picture(read_pnm(file_of("P3 1 1 1000 0 500 1000"), {}), wide({1, 1, 3}, {0, 32768, 65535}));
}

TEST(PnmReader, Binary) {
  expect_same_picture(read_pnm(file_of({"P4 9 2\n\x80\x80\x55\x00", 11}), {}),
                      grey(2, 9, {0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255}));
  expect_same_picture(read_pnm(file_of("P5 2 1 255\n#\n"), {}), grey(1, 2, {'#', '\n'}));
  expect_same_picture(read_pnm(file_of("P6 1 1 65535\nabcdef"), {}), wide({1, 1, 3}, {0x6162, 0x6364, 0x6566}));
}

TEST(PnmReader, ValuesFillTheirType) {
  expect_same_picture(read_pnm(file_of("P2 3 1 15 0 7 15"), {}), grey(1, 3, {0, 119, 255}));
  std::string every = "P2 201 1 200";
  for (int value = 0; value <= 200; ++value) every += fmt::format(" {}", value);
  const RawItem item = read_pnm(file_of(every), {});
  EXPECT_EQ(item.bytes.back(), 255);
  for (size_t i = 1; i < item.bytes.size(); ++i) EXPECT_LT(item.bytes[i - 1], item.bytes[i]);  // all told apart
}

TEST(PnmReader, Recognised) {
  for (const TinyFile& file : tiny_files()) EXPECT_EQ(is_pnm(file.bytes), file.reader == "PNM") << file.name;
  for (const char* text : {"P7 1 1", "P0 1 1", "P5", "P5x1 1", "P2 is a text", ""})
    EXPECT_FALSE(is_pnm(file_of(text))) << text;
}

TEST(PnmReader, CutShort) {
  for (const char* text : {"", "P5", "P5 ", "P5 2", "P5 2 2", "P5 2 2 255", "P5 2 2 255\nabc", "P2 2 2 9 1 2 3",
                           "P1 2 2 1 0 1", "P4 9 1\nx", "P6 1 1 256 abcde"})
    expect_refused(file_of(text), "cut short", read_pnm);
}

TEST(PnmReader, Damaged) {
  for (const char* text : {"P5 x 2 255 ab", "P5 1 1 0 a", "P5 1 1 65536 ab", "P2 1 1 9 10 ", "P1 1 1 2",
                           "P5 1 1 99999999999 a", "P5 1 1 7 a", "P5 1 1 255a ", "P2 2 1 9 1 x3"})
    expect_refused(file_of(text), "damaged", read_pnm);
}

TEST(PnmReader, SizesThatLie) {
  expect_refused(file_of("P5 0 5 255 "), "empty", read_pnm);
  expect_refused(file_of("P5 5 0 255 "), "empty", read_pnm);
  expect_too_large(file_of("P5 100000 100000 255 "), uint64_t{1} << 30, read_pnm);
  expect_too_large(file_of("P6 4294967295 4294967295 65535 "), uint64_t{1} << 60, read_pnm);
  expect_refused(file_of("P6 10000 10000 255 "), "cut short", read_pnm);
  expect_refused(file_of("P3 10000 10000 255 1 2 3"), "cut short", read_pnm);
}

}  // namespace
}  // namespace gulo
