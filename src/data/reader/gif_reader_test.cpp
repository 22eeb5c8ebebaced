#include "data/reader/gif_reader.h"

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/gif_encoder.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

// A frame that fills its canvas.
GifPicture full_frame(int width, int height) {
  GifPicture picture{.canvas_width = width, .canvas_height = height, .width = width, .height = height};
  for (int i = 0; i < 16; ++i)
    picture.palette.push_back({static_cast<uint8_t>(i), static_cast<uint8_t>(i * 16), static_cast<uint8_t>(255 - i)});
  for (int i = 0; i < width * height; ++i) picture.indices.push_back(static_cast<uint8_t>(i * 7 % 16));
  return picture;
}

std::vector<uint8_t> pixel(const RawItem& item, uint32_t y, uint32_t x) {
  const auto [height, width, n_channels] = item.shape.extents;
  const auto first = item.bytes.begin() + (y * width + x) * n_channels;
  return {first, first + n_channels};
}

TEST(GifReader, FramesComeBack) {
  for (const bool interlaced : {false, true})
    for (const bool local_palette : {false, true})
      for (const auto& [width, height] : {std::pair{1, 1}, {7, 13}, {40, 2}}) {
        GifPicture picture = full_frame(width, height);
        picture.interlaced = interlaced;
        picture.local_palette = local_palette;
        picture.n_frames = 2;
        const auto file = encode_gif(picture);
        EXPECT_TRUE(is_gif(file));
        RawItem expected = tiny_picture(static_cast<uint32_t>(height), static_cast<uint32_t>(width), 3);
        for (size_t i = 0; i < expected.bytes.size(); ++i)
          expected.bytes[i] = picture.palette[picture.indices[i / 3]][i % 3];
        expect_same_picture(read_gif(file, {}), expected);
      }
}

TEST(GifReader, TransparentColourBecomesAlpha) {
  GifPicture picture = full_frame(4, 4);
  picture.transparent = picture.indices[5];
  const RawItem item = read_gif(encode_gif(picture), {});
  ASSERT_EQ(item.shape.extents, (std::array<uint32_t, 3>{4, 4, 4}));
  for (uint32_t i = 0; i < 16; ++i)
    EXPECT_EQ(pixel(item, i / 4, i % 4)[3], picture.indices[i] == picture.transparent ? 0 : 255);
}

TEST(GifReader, FrameLiesAtItsPlaceOnTheCanvas) {
  GifPicture picture = full_frame(3, 2);
  picture.canvas_width = 5;
  picture.canvas_height = 6;
  picture.left = 1;
  picture.top = 3;
  const RawItem item = read_gif(encode_gif(picture), {});
  ASSERT_EQ(item.shape.extents, (std::array<uint32_t, 3>{6, 5, 4}));
  EXPECT_EQ(pixel(item, 0, 0), (std::vector<uint8_t>{0, 0, 0, 0}));
  EXPECT_EQ(pixel(item, 3, 0), (std::vector<uint8_t>{0, 0, 0, 0}));
  EXPECT_EQ(pixel(item, 3, 1), (std::vector<uint8_t>{0, 0, 255, 255}));
  EXPECT_EQ(pixel(item, 4, 3), (std::vector<uint8_t>{3, 48, 252, 255}));
}

TEST(GifReader, WhatLiesOutsideOfTheCanvasIsNotSeen) {
  GifPicture picture = full_frame(3, 3);
  picture.canvas_width = picture.canvas_height = 2;
  const RawItem item = read_gif(encode_gif(picture), {});
  ASSERT_EQ(item.shape.extents, (std::array<uint32_t, 3>{2, 2, 3}));
  EXPECT_EQ(pixel(item, 1, 1), (std::vector<uint8_t>{12, 192, 243}));
}

TEST(GifReader, CutShort) {
  expect_cut_short(encode_gif(full_frame(40, 40)), {0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9}, read_gif);
  expect_refused({}, "cut short", read_gif);
}

TEST(GifReader, DamagedAndEmpty) {
  const auto whole = encode_gif(full_frame(4, 4));
  auto no_palette = from_hex("474946383961 0200 0200 00 00 00 2C 0000 0000 0200 0200 00 02 02 8C05 00 3B");
  expect_refused(no_palette, "palette", read_gif);
  expect_refused(from_hex("474946383961 0200 0200 00 00 00 3B"), "no frame", read_gif);
  auto empty = whole;
  for (const size_t i : {6, 7, 8, 9}) empty[i] = 0;
  expect_refused(empty, "empty", read_gif);
}

TEST(GifReader, SizesThatLie) {
  auto file = encode_gif(full_frame(4, 4));
  expect_too_large(file, 4 * 4 * 3 - 1, read_gif);
  EXPECT_EQ(read_gif(file, {.max_bytes = 48}).bytes.size(), 48u);
  for (const size_t i : {6, 7, 8, 9}) file[i] = 0xFF;
  expect_too_large(file, uint64_t{1} << 30, read_gif);
}

}  // namespace
}  // namespace gulo
