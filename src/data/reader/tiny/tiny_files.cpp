#include "data/reader/tiny/tiny_files.h"

#include "data/reader/tiny/gif_encoder.h"
#include "data/reader/tiny/jpeg_encoder.h"
#include "data/reader/tiny/png_encoder.h"
#include "data/reader/tiny/tiff_encoder.h"
#include "data/reader/tiny/webp_encoder.h"

namespace gulo {
namespace {

using Files = std::vector<TinyFile>;

std::vector<uint8_t> from_text(std::string_view text) { return {text.begin(), text.end()}; }

void add_jpeg(Files& files) {
  files.push_back({"JPEG", "grey", encode_jpeg(tiny_picture(9, 11, 1))});
  files.push_back({"JPEG", "RGB", encode_jpeg(tiny_picture(17, 5, 3))});
  files.push_back({"JPEG", "progressive", encode_jpeg(tiny_picture(10, 10, 3), {.progressive = true})});
  files.push_back({"JPEG", "arithmetic", encode_jpeg(tiny_picture(8, 8, 3), {.arithmetic = true})});
}

void add_png(Files& files) {
  files.push_back({"PNG", "RGB", encode_png(tiny_picture(5, 7, 3))});
  files.push_back({"PNG", "interlaced", encode_png(tiny_picture(9, 9, 4), {.interlaced = true})});
  files.push_back({"PNG", "wide", encode_png(tiny_picture(3, 4, 2, ValueType::kUint16))});
  RawItem indices = tiny_picture(4, 5, 1);
  for (uint8_t& index : indices.bytes) index %= 3;
  files.push_back({"PNG", "palette",
                   encode_png(indices, {.bits = 2, .palette = {{1, 2, 3, 255}, {9, 8, 7, 0}, {40, 50, 60, 128}}})});
}

void add_webp(Files& files) {
  files.push_back({"WebP", "lossless", encode_webp(tiny_picture(7, 6, 4))});
  files.push_back({"WebP", "lossy", encode_webp(tiny_picture(17, 18, 3), false)});
  files.push_back({"WebP", "lossy with alpha", encode_webp(tiny_picture(17, 18, 4), false)});
}

void add_gif(Files& files) {
  GifPicture picture{.canvas_width = 6,
                     .canvas_height = 9,
                     .left = 1,
                     .top = 0,
                     .width = 4,
                     .height = 9,
                     .palette = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {1, 2, 3}},
                     .indices = {},
                     .transparent = 2,
                     .interlaced = true};
  for (size_t i = 0; i < 36; ++i) picture.indices.push_back(i * 7 % 4);
  files.push_back({"GIF", "interlaced", encode_gif(picture)});
  picture.interlaced = false;
  picture.local_palette = true;
  picture.n_frames = 2;
  files.push_back({"GIF", "animated", encode_gif(picture)});
}

void add_tiff(Files& files) {
  files.push_back({"TIFF", "RGB", encode_tiff(tiny_picture(5, 7, 3), {.colours = TiffColours::kRgb})});
  files.push_back(
      {"TIFF", "tiles", encode_tiff(tiny_picture(17, 18, 1), {.tile = 16, .lzw = true, .other_byte_order = true})});
  files.push_back({"TIFF", "planes",
                   encode_tiff(tiny_picture(4, 3, 4, ValueType::kUint16),
                               {.colours = TiffColours::kRgb, .separate_planes = true, .big_tiff = true})});
  RawItem indices = tiny_picture(4, 5, 1);
  for (uint8_t& index : indices.bytes) index %= 4;
  files.push_back({"TIFF", "palette",
                   encode_tiff(indices, {.colours = TiffColours::kPalette,
                                         .bits = 2,
                                         .palette = {{1, 2, 3}, {65535, 0, 1}, {256, 512, 768}, {4, 5, 6}}})});
  files.push_back(
      {"TIFF", "JPEG inside",
       encode_tiff(tiny_picture(16, 16, 3), {.colours = TiffColours::kYcbcr, .rows_per_strip = 16, .jpeg = true})});
}

void add_bmp(Files& files) {
  files.push_back({"BMP", "24 bits",
                   from_hex("42 4D 46000000 0000 0000 36000000 28000000 02000000 02000000 0100 1800 "
                            "00000000 10000000 0000000000000000 00000000 00000000 "
                            "030201 060504 0000 090807 0C0B0A 0000")});
  files.push_back({"BMP", "palette",
                   from_hex("42 4D 00000000 0000 0000 3E000000 28000000 03000000 FEFFFFFF 0100 0100 "
                            "00000000 00000000 0000000000000000 02000000 00000000 "
                            "10203000 40506000 A0000000 40000000")});
  files.push_back({"BMP", "alpha",
                   from_hex("42 4D 00000000 0000 0000 46000000 38000000 01000000 01000000 0100 2000 "
                            "03000000 04000000 0000000000000000 00000000 00000000 "
                            "0000FF00 00FF0000 FF000000 000000FF 0A0B0C0D")});
  constexpr size_t kPixelsAt = 14 + 12 + 16 * 3;
  std::vector<uint8_t> os2 = from_hex("42 4D 00000000 0000 0000 4A000000 0C000000 0200 0100 0100 0400 112233 445566");
  os2.resize(kPixelsAt, 77);
  for (const uint8_t byte : {0x0F, 0, 0, 0}) os2.push_back(byte);
  files.push_back({"BMP", "OS/2", os2});
}

void add_pnm(Files& files) {
  files.push_back({"PNM", "P1", from_text("P1\n# a comment\n3 2\n101\n0 1 0\n")});
  files.push_back({"PNM", "P2", from_text("P2 2 2 15\n0 15\n# between\n7 1\n")});
  files.push_back({"PNM", "P3", from_text("P3 1 2 1000\n0 500 1000 9 8 7\n")});
  files.push_back({"PNM", "P4", from_text("P4\n9 2\n\x80\x80\x55\x01")});
  files.push_back({"PNM", "P5", from_text("P5 2 1 255\nab")});
  files.push_back({"PNM", "P6", from_text("P6 1 1 65535\nabcdef")});
}

}  // namespace

RawItem tiny_picture(uint32_t height, uint32_t width, uint32_t n_channels, ValueType type) {
  RawItem item{.shape = {.type = type, .extents = {height, width, n_channels}}, .bytes = {}};
  item.bytes.resize(item.shape.n_bytes());
  for (size_t i = 0; i < item.bytes.size(); ++i)
    item.bytes[i] = static_cast<uint8_t>(type == ValueType::kUint8 ? i * 37 : i % 2 ? i / 2 * 37 : i / 2 * 101);
  return item;
}

std::vector<uint8_t> from_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  int high = -1;
  for (const char digit : hex) {
    if (digit == ' ') continue;
    const int value = digit <= '9' ? digit - '0' : digit - 'A' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes.push_back(static_cast<uint8_t>(high * 16 + value));
      high = -1;
    }
  }
  return bytes;
}

// What the build lacks is not called, and so need not be linked.
std::vector<TinyFile> tiny_files() {
  Files files;
  if constexpr (GULO_HAS_JPEG) add_jpeg(files);
  if constexpr (GULO_HAS_PNG) add_png(files);
  if constexpr (GULO_HAS_WEBP) add_webp(files);
  if constexpr (GULO_HAS_GIF) add_gif(files);
  if constexpr (GULO_HAS_TIFF) add_tiff(files);
  add_bmp(files);
  add_pnm(files);
  return files;
}

}  // namespace gulo
