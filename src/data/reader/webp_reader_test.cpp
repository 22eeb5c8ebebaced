#include "data/reader/webp_reader.h"

#include "data/reader/expect_picture.h"
#include "data/reader/tiny/tiny_files.h"
#include "data/reader/tiny/webp_encoder.h"

namespace gulo {
namespace {

TEST(WebpReader, LosslessComesBack) {
  for (const uint32_t n_channels : {3, 4})
    for (const auto& [height, width] : {std::pair{1u, 1u}, {13u, 7u}, {2u, 40u}}) {
      const RawItem picture = tiny_picture(height, width, n_channels);
      const auto file = encode_webp(picture);
      EXPECT_TRUE(is_webp(file));
      expect_same_picture(read_webp(file, {}), picture);
    }
}

TEST(WebpReader, LossyIsNear) {
  for (const uint32_t n_channels : {3, 4}) {
    RawItem picture = tiny_picture(33, 20, n_channels);
    for (size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = static_cast<uint8_t>(50 + i / 30);
    expect_near_picture(read_webp(encode_webp(picture, false), {}), picture, 12);
  }
}

TEST(WebpReader, CutShort) {
  for (const bool lossless : {false, true})
    expect_cut_short(encode_webp(tiny_picture(40, 40, 3), lossless), {0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99}, read_webp);
  expect_refused({}, "", read_webp);
}

TEST(WebpReader, DamageIsAnError) {
  auto file = encode_webp(tiny_picture(40, 40, 3));
  file[20] ^= 0xFF;  // the mark of a lossless picture
  expect_refused(file, "damaged", read_webp);
}

TEST(WebpReader, AnimationsAreRefused) {
  // An extended header whose flags name an animation, of 4 x 4 pixels, and its first chunk.
  expect_refused(from_hex("52494646 20000000 57454250 56503858 0A000000 02000000 030000 030000 "
                          "414E494D 06000000 00000000 0000"),
                 "animated", read_webp);
}

TEST(WebpReader, SizesThatLie) {
  auto file = encode_webp(tiny_picture(8, 8, 3));
  expect_too_large(file, 8 * 8 * 3 - 1, read_webp);
  EXPECT_EQ(read_webp(file, {.max_bytes = 192}).bytes.size(), 192u);
  file[21] = file[22] = file[23] = 0xFF;  // 14 bits each of width and height, less 1
  file[24] |= 0x0F;
  expect_too_large(file, 100 << 20, read_webp);
}

}  // namespace
}  // namespace gulo
