#include "data/reader/tiff_reader.h"

#include <cstring>

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/tiff_encoder.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

TiffColours colours_of(uint32_t n_channels) { return n_channels < 3 ? TiffColours::kGrey : TiffColours::kRgb; }

TEST(TiffReader, EveryColourDepthAndLayoutComesBack) {
  for (const ValueType type : {ValueType::kUint8, ValueType::kUint16})
    for (const uint32_t n_channels : {1, 2, 3, 4})
      for (const bool planes : {false, true})
        for (const uint32_t tile : {0, 16})
          for (const auto& [height, width] : {std::pair{1u, 1u}, {13u, 7u}, {18u, 33u}}) {
            const RawItem picture = tiny_picture(height, width, n_channels, type);
            const auto file = encode_tiff(picture, {.colours = colours_of(n_channels),
                                                    .separate_planes = planes,
                                                    .tile = tile,
                                                    .lzw = tile == 0,
                                                    .big_tiff = planes,
                                                    .other_byte_order = tile != 0});
            EXPECT_TRUE(is_tiff(file));
            expect_same_picture(read_tiff(file, {}), picture);
          }
}

TEST(TiffReader, SmallDepthsOfGreyFillTheByte) {
  for (const unsigned bits : {1, 2, 4, 8})
    for (const TiffColours colours : {TiffColours::kGrey, TiffColours::kWhiteIsZero}) {
      RawItem picture = tiny_indices(1u << bits, 5, 9);
      const auto file = encode_tiff(picture, {.colours = colours, .bits = bits});
      for (uint8_t& value : picture.bytes) {
        value = static_cast<uint8_t>(value * (255 / ((1 << bits) - 1)));
        if (colours == TiffColours::kWhiteIsZero) value = static_cast<uint8_t>(255 - value);
      }
      expect_same_picture(read_tiff(file, {}), picture);
    }
}

TEST(TiffReader, PaletteBecomesItsColours) {
  const std::vector<std::array<uint16_t, 3>> palette = {{1, 2, 3}, {65535, 0, 256}, {40000, 40001, 40002}, {9, 9, 9}};
  const RawItem indices = tiny_indices(4, 6, 5);
  const RawItem read =
      read_tiff(encode_tiff(indices, {.colours = TiffColours::kPalette, .bits = 2, .palette = palette}), {});
  ASSERT_EQ(read.shape.type, ValueType::kUint16);
  ASSERT_EQ(read.shape.extents, (std::array<uint32_t, 3>{6, 5, 3}));
  for (size_t i = 0; i < indices.bytes.size(); ++i)
    EXPECT_EQ(std::memcmp(&read.bytes[6 * i], palette[indices.bytes[i]].data(), 6), 0) << i;
}

TEST(TiffReader, JpegInside) {
  RawItem picture = tiny_picture(16, 16, 3);
  for (size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = static_cast<uint8_t>(60 + i / 24);
  const auto file = encode_tiff(picture, {.colours = TiffColours::kYcbcr, .rows_per_strip = 16, .jpeg = true});
  expect_near_picture(read_tiff(file, {}), picture, 20);
}

TEST(TiffReader, OfSeveralPagesTheFirst) {
  const RawItem picture = tiny_picture(3, 4, 1);
  expect_same_picture(read_tiff(encode_tiff(picture, {.n_pages = 2}), {}), picture);
}

TEST(TiffReader, VariantsAreRefused) {
  expect_refused(encode_tiff(tiny_picture(3, 3, 4), {.colours = TiffColours::kCmyk}), "CMYK", read_tiff);
  expect_refused(encode_tiff(tiny_picture(3, 3, 1, ValueType::kUint16), {.floats = true}), "floating", read_tiff);
}

TEST(TiffReader, CutShortOrDamaged) {
  const auto file = encode_tiff(tiny_picture(40, 40, 3), {.colours = TiffColours::kRgb});
  expect_refused({}, "", read_tiff);
  for (const double part : {0.001, 0.01, 0.1, 0.5, 0.9, 0.99}) {
    const auto n_bytes = static_cast<ptrdiff_t>(part * static_cast<double>(file.size()));
    expect_refused({file.begin(), file.begin() + n_bytes}, "TIFF", read_tiff);
  }
}

TEST(TiffReader, SizesThatLie) {
  const RawItem picture = tiny_picture(4, 4, 3);
  auto file = encode_tiff(picture, {.colours = TiffColours::kRgb, .rows_per_strip = 4});
  expect_too_large(file, 47, read_tiff);
  EXPECT_EQ(read_tiff(file, {.max_bytes = 48}).bytes.size(), 48u);
  // The directory's first two entries are width and height, 12 bytes each, the value in the last four.
  const size_t directory = file[4] | static_cast<size_t>(file[5]) << 8;
  const auto with_size = [&](uint32_t height, uint32_t width) {
    auto lying = file;
    for (size_t i = 0; i < 4; ++i) {
      lying[directory + 2 + 8 + i] = static_cast<uint8_t>(width >> 8 * i);
      lying[directory + 2 + 12 + 8 + i] = static_cast<uint8_t>(height >> 8 * i);
    }
    lying[directory + 2 + 2] = lying[directory + 2 + 12 + 2] = 4;  // of type LONG
    return lying;
  };
  expect_same_picture(read_tiff(with_size(4, 4), {}), picture);
  expect_too_large(with_size(100000, 100000), uint64_t{1} << 30, read_tiff);
  expect_refused(with_size(0, 4), "", read_tiff);
  expect_refused(with_size(4, 0), "", read_tiff);
  expect_refused(with_size(400, 4), "", read_tiff);
}

}  // namespace
}  // namespace gulo
