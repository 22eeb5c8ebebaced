#include "data/reader/jpeg_reader.h"

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/jpeg_encoder.h"
#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

// Smooth, as JPEG keeps what is smooth.
RawItem smooth_picture(uint32_t height, uint32_t width, uint32_t n_channels) {
  RawItem item = tiny_picture(height, width, n_channels);
  for (size_t i = 0; i < item.bytes.size(); ++i) {
    const size_t c = i % n_channels, x = i / n_channels % width, y = i / n_channels / width;
    item.bytes[i] = static_cast<uint8_t>(20 + 60 * c + 2 * x + 3 * y);
  }
  return item;
}

size_t position_of(const std::vector<uint8_t>& file, uint8_t marker) {
  for (size_t i = 0; i + 1 < file.size(); ++i)
    if (file[i] == 0xFF && file[i + 1] == marker) return i;
  ADD_FAILURE() << "no such marker";
  return 0;
}

// Of the start of frame: height and width, two bytes each, the higher one first.
std::vector<uint8_t> with_jpeg_size(std::vector<uint8_t> file, uint16_t height, uint16_t width) {
  const size_t at = position_of(file, 0xC0) + 5;
  for (const size_t i : {0, 1}) {
    file[at + i] = static_cast<uint8_t>(height >> (8 - 8 * i));
    file[at + 2 + i] = static_cast<uint8_t>(width >> (8 - 8 * i));
  }
  return file;
}

TEST(JpegReader, GreyAndRgbOfOddSizes) {
  for (const bool progressive : {false, true})
    for (const uint32_t n_channels : {1, 3})
      for (const auto& [height, width] : {std::pair{1u, 1u}, {13u, 7u}, {33u, 16u}}) {
        const RawItem picture = smooth_picture(height, width, n_channels);
        const auto file = encode_jpeg(picture, {.progressive = progressive, .quality = 100});
        EXPECT_TRUE(is_jpeg(file));
        expect_near_picture(read_jpeg(file, {}), picture, 4);
      }
}

TEST(JpegReader, FourColoursAreRefused) { expect_refused(encode_jpeg(smooth_picture(8, 8, 4)), "CMYK", read_jpeg); }

TEST(JpegReader, CutShortIsAnErrorAndNotGreyRows) {
  for (const bool progressive : {false, true}) {
    const auto file = encode_jpeg(tiny_picture(64, 64, 3), {.progressive = progressive});
    expect_cut_short(file, {0.1, 0.3, 0.5, 0.7, 0.9, 0.99}, read_jpeg);
    expect_cut_short({file.begin(), file.end() - 2}, {0.999999, 1}, read_jpeg);  // only the end marker is missing
  }
  expect_refused({}, "cut short", read_jpeg);
}

TEST(JpegReader, DamageInsideIsAnError) {
  auto file = encode_jpeg(tiny_picture(64, 64, 3));
  file[file.size() / 2] = 0xFF;  // a marker where none may be
  file[file.size() / 2 + 1] = 0xD9;
  expect_refused(file, "damaged", read_jpeg);
}

TEST(JpegReader, BytesBehindTheEndAreNotLookedAt) {
  const RawItem picture = smooth_picture(8, 8, 1);
  auto file = encode_jpeg(picture, {.quality = 100});
  file.insert(file.end(), 100, 0xFF);
  expect_near_picture(read_jpeg(file, {}), picture, 4);
}

TEST(JpegReader, SizesThatLie) {
  const auto file = encode_jpeg(smooth_picture(8, 8, 3));
  expect_too_large(with_jpeg_size(file, 65500, 65500), uint64_t{1} << 30, read_jpeg);
  expect_too_large(file, 8 * 8 * 3 - 1, read_jpeg);
  EXPECT_EQ(read_jpeg(file, {.max_bytes = 8 * 8 * 3}).bytes.size(), 192u);
  expect_refused(with_jpeg_size(file, 8, 0), "damaged", read_jpeg);
  expect_refused(with_jpeg_size(file, 0, 8), "damaged", read_jpeg);
  expect_refused(with_jpeg_size(file, 800, 800), "", read_jpeg);
}

}  // namespace
}  // namespace gulo
