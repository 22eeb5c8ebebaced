#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

using Files = std::vector<TinyFile>;

std::vector<uint8_t> from_text(std::string_view text) { return {text.begin(), text.end()}; }

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

void add_numpy(Files& files) {
  std::string header = "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 2), }\n";
  std::string text("\x93NUMPY\1\0", 8);
  text += static_cast<char>(header.size());
  text += '\0';
  text += header;
  text += "aAbBcCdDeEfF";
  files.push_back({"NumPy", "int16", from_text(text)});
}

}  // namespace

RawItem tiny_picture(uint32_t height, uint32_t width, uint32_t n_channels, ValueType type) {
  RawItem item{.shape = {.type = type, .extents = {height, width, n_channels}}, .bytes = {}};
  item.bytes.resize(item.shape.n_bytes());
  for (size_t i = 0; i < item.bytes.size(); ++i)
    item.bytes[i] = static_cast<uint8_t>(type == ValueType::kUint8 ? i * 37 : i % 2 ? i / 2 * 37 : i / 2 * 101);
  return item;
}

RawItem tiny_indices(uint32_t limit, uint32_t height, uint32_t width) {
  RawItem item = tiny_picture(height, width, 1);
  for (uint8_t& index : item.bytes) index = static_cast<uint8_t>(index % limit);
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
  if constexpr (GULO_HAS_JPEG) add_jpeg_files(files);
  if constexpr (GULO_HAS_PNG) add_png_files(files);
  if constexpr (GULO_HAS_WEBP) add_webp_files(files);
  if constexpr (GULO_HAS_GIF) add_gif_files(files);
  if constexpr (GULO_HAS_TIFF) add_tiff_files(files);
  if constexpr (GULO_HAS_SNDFILE) add_sound_files(files);
  add_numpy(files);
  add_bmp(files);
  add_pnm(files);
  return files;
}

}  // namespace gulo
