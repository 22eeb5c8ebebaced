#include "data/reader/bmp_reader.h"

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

void append_little(std::vector<uint8_t>& file, uint64_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; ++i) file.push_back(i < 8 ? static_cast<uint8_t>(value >> 8 * i) : 0);
}

struct Bmp {
  int64_t width = 1, height = 1;
  unsigned bits = 24;
  uint32_t compression = 0, n_colours = 0, header_bytes = 40;
  std::vector<uint8_t> after_header{};  // masks, palette
  std::vector<uint8_t> pixels{};
};

std::vector<uint8_t> encode(const Bmp& bmp) {
  std::vector<uint8_t> file = {'B', 'M'};
  append_little(file, 0, 8);
  append_little(file, 14 + bmp.header_bytes + bmp.after_header.size(), 4);
  append_little(file, bmp.header_bytes, 4);
  append_little(file, static_cast<uint64_t>(bmp.width), 4);
  append_little(file, static_cast<uint64_t>(bmp.height), 4);
  append_little(file, 1, 2);
  append_little(file, bmp.bits, 2);
  append_little(file, bmp.compression, 4);
  append_little(file, 0, 12);
  append_little(file, bmp.n_colours, 4);
  append_little(file, 0, 4);
  file.insert(file.end(), bmp.after_header.begin(), bmp.after_header.end());
  file.insert(file.end(), bmp.pixels.begin(), bmp.pixels.end());
  return file;
}

RawItem picture(uint32_t height, uint32_t width, uint32_t n_channels, std::vector<uint8_t> values) {
  return {.shape = {.type = ValueType::kUint8, .extents = {height, width, n_channels}}, .bytes = std::move(values)};
}

TEST(BmpReader, RowsFromTheBottomAndFromTheTop) {
  const std::vector<uint8_t> pixels = from_hex("030201 060504 0000 090807 0C0B0A 0000");
  const auto file = encode({.width = 2, .height = 2, .pixels = pixels});
  EXPECT_TRUE(is_bmp(file));
  expect_same_picture(read_bmp(file, {}), picture(2, 2, 3, {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6}));
  expect_same_picture(read_bmp(encode({.width = 2, .height = -2, .pixels = pixels}), {}),
                      picture(2, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(BmpReader, Palettes) {
  const std::vector<uint8_t> two_colours = from_hex("01020300 0A0B0C00");
  const std::vector<uint8_t> painted = {12, 11, 10, 3, 2, 1, 12, 11, 10};
  for (const auto& [bits, row] : {std::pair{1u, "A0000000"}, {4u, "10100000"}, {8u, "01000100"}})
    expect_same_picture(
        read_bmp(
            encode({.width = 3, .bits = bits, .n_colours = 2, .after_header = two_colours, .pixels = from_hex(row)}),
            {}),
        picture(1, 3, 3, painted));
  expect_refused(
      encode({.width = 3, .bits = 4, .n_colours = 2, .after_header = two_colours, .pixels = from_hex("10200000")}),
      "palette", read_bmp);
}

TEST(BmpReader, ThirtyTwoBitsWithAndWithoutMasks) {
  const std::vector<uint8_t> pixel = {1, 2, 3, 4};
  expect_same_picture(read_bmp(encode({.bits = 32, .pixels = pixel}), {}), picture(1, 1, 3, {3, 2, 1}));
  const auto masks = from_hex("FF000000 00FF0000 0000FF00 000000FF");
  expect_same_picture(
      read_bmp(encode({.bits = 32, .compression = 3, .header_bytes = 40, .after_header = masks, .pixels = pixel}), {}),
      picture(1, 1, 3, {1, 2, 3}));
  expect_same_picture(
      read_bmp(encode({.bits = 32, .compression = 6, .header_bytes = 40, .after_header = masks, .pixels = pixel}), {}),
      picture(1, 1, 4, {1, 2, 3, 4}));
  expect_refused(encode({.bits = 32,
                         .compression = 3,
                         .after_header = from_hex("1F000000 E0070000 00F80000 00000000"),
                         .pixels = pixel}),
                 "whole bytes", read_bmp);
}

TEST(BmpReader, TinyFilesOfEveryHeader) {
  size_t n_read = 0;
  for (const TinyFile& file : tiny_files()) {
    if (file.reader != "BMP") continue;
    ++n_read;
    const RawItem item = read_bmp(file.bytes, {});
    if (file.name == "alpha") expect_same_picture(item, picture(1, 1, 4, {0x0C, 0x0B, 0x0A, 0x0D}));
    if (file.name == "OS/2") expect_same_picture(item, picture(1, 2, 3, {0x33, 0x22, 0x11, 77, 77, 77}));
  }
  EXPECT_EQ(n_read, 4u);
}

TEST(BmpReader, VariantsAreRefused) {
  for (const uint32_t compression : {1, 2})
    expect_refused(encode({.bits = 8, .compression = compression}), "run lengths", read_bmp);
  expect_refused(encode({.compression = 4}), "JPEG", read_bmp);
  expect_refused(encode({.bits = 16}), "16 bits", read_bmp);
  expect_refused(encode({.bits = 7}), "bits", read_bmp);
  EXPECT_FALSE(is_bmp(from_hex("424D 00112233445566778899AABBCCDDEEFF")));
}

TEST(BmpReader, CutShortAndSizesThatLie) {
  const auto file = encode({.width = 2, .height = 2, .pixels = std::vector<uint8_t>(16)});
  expect_cut_short(file, {0, 0.2, 0.5, 0.8, 0.99}, read_bmp);
  expect_too_large(encode({.width = 100000, .height = 100000}), uint64_t{1} << 30, read_bmp);
  expect_too_large(encode({.width = INT32_MAX, .height = INT32_MIN}), uint64_t{1} << 60, read_bmp);
  expect_too_large(file, 11, read_bmp);
  expect_refused(encode({.width = 10000, .height = 10000}), "cut short", read_bmp);
  expect_refused(encode({.width = 0}), "empty", read_bmp);
  expect_refused(encode({.height = 0}), "empty", read_bmp);
  expect_refused(encode({.width = -5}), "width", read_bmp);
}

}  // namespace
}  // namespace gulo
