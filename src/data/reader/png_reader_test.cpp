#include "data/reader/png_reader.h"

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/png_encoder.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

// The picture that the indices mean.
RawItem painted(const RawItem& indices, const std::vector<std::array<uint8_t, 4>>& palette, uint32_t n_channels) {
  RawItem item{.shape = indices.shape, .bytes = {}};
  item.shape.extents[2] = n_channels;
  for (const uint8_t index : indices.bytes)
    item.bytes.insert(item.bytes.end(), palette[index].begin(), palette[index].begin() + n_channels);
  return item;
}

// CRC-32 of a chunk's name and data, as PNG's specification gives it.
uint32_t crc_of(std::span<const uint8_t> bytes) {
  uint32_t crc = ~0u;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

void put_big32(std::vector<uint8_t>& file, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) file[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

std::vector<uint8_t> with_png_size(std::vector<uint8_t> file, uint32_t height, uint32_t width) {
  put_big32(file, 16, width);
  put_big32(file, 20, height);
  put_big32(file, 29, crc_of(std::span(file).subspan(12, 17)));
  return file;
}

TEST(PngReader, EveryColourAndDepthComesBack) {
  for (const ValueType type : {ValueType::kUint8, ValueType::kUint16})
    for (const uint32_t n_channels : {1, 2, 3, 4})
      for (const bool interlaced : {false, true})
        for (const auto& [height, width] : {std::pair{1u, 1u}, {13u, 7u}, {2u, 40u}}) {
          const RawItem picture = tiny_picture(height, width, n_channels, type);
          const auto file = encode_png(picture, {.interlaced = interlaced});
          EXPECT_TRUE(is_png(file));
          expect_same_picture(read_png(file, {}), picture);
        }
}

TEST(PngReader, SmallDepthsOfGreyFillTheByte) {
  for (const unsigned bits : {1, 2, 4}) {
    RawItem picture = tiny_indices(1u << bits, 5, 9);
    const auto file = encode_png(picture, {.bits = bits});
    for (uint8_t& value : picture.bytes) value = static_cast<uint8_t>(value * (255 / ((1 << bits) - 1)));
    expect_same_picture(read_png(file, {}), picture);
  }
}

TEST(PngReader, PaletteBecomesItsColours) {
  const std::vector<std::array<uint8_t, 4>> plain = {{1, 2, 3, 255}, {255, 0, 9, 255}, {7, 7, 7, 255}};
  std::vector<std::array<uint8_t, 4>> clear = plain;
  clear[1][3] = 0;
  clear[2][3] = 99;
  for (const unsigned bits : {2, 4, 8}) {
    const RawItem indices = tiny_indices(3, 6, 5);
    expect_same_picture(read_png(encode_png(indices, {.bits = bits, .palette = plain}), {}),
                        painted(indices, plain, 3));
    expect_same_picture(read_png(encode_png(indices, {.bits = bits, .palette = clear}), {}),
                        painted(indices, clear, 4));
  }
}

TEST(PngReader, ColourOffThePaletteIsAnError) {
  expect_refused(encode_png(tiny_indices(4, 3, 3), {.bits = 2, .palette = {{1, 2, 3, 255}, {4, 5, 6, 255}}}), "palette",
                 read_png);
}

TEST(PngReader, TransparentColourBecomesAlpha) {
  const RawItem grey = tiny_picture(3, 3, 1);
  const RawItem read = read_png(encode_png(grey, {.transparent = grey.bytes[4]}), {});
  ASSERT_EQ(read.shape.extents, (std::array<uint32_t, 3>{3, 3, 2}));
  for (size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(read.bytes[2 * i], grey.bytes[i]);
    EXPECT_EQ(read.bytes[2 * i + 1], i == 4 ? 0 : 255);
  }
}

TEST(PngReader, CutShort) {
  for (const bool interlaced : {false, true})
    expect_cut_short(encode_png(tiny_picture(40, 40, 3), {.interlaced = interlaced}),
                     {0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999}, read_png);
}

TEST(PngReader, DamageIsAnError) {
  auto file = encode_png(tiny_picture(40, 40, 3));
  file[file.size() / 2] ^= 1;
  expect_refused(file, "damaged", read_png);
}

TEST(PngReader, SizesThatLie) {
  const auto file = encode_png(tiny_picture(4, 4, 3));
  expect_too_large(with_png_size(file, 100000, 100000), uint64_t{1} << 30, read_png);
  expect_too_large(with_png_size(file, 0x7FFFFFFF, 0x7FFFFFFF), ~uint64_t{0} >> 8, read_png);
  expect_too_large(file, 4 * 4 * 3 - 1, read_png);
  EXPECT_EQ(read_png(file, {.max_bytes = 48}).bytes.size(), 48u);
  expect_refused(with_png_size(file, 0, 4), "damaged", read_png);
  expect_refused(with_png_size(file, 4, 0), "damaged", read_png);
  expect_refused(with_png_size(file, 0x80000000, 4), "damaged", read_png);
  expect_refused(with_png_size(file, 400, 400), "damaged", read_png);
}

}  // namespace
}  // namespace gulo
