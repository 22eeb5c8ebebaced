#include "data/reader/tiny/png_encoder.h"

#include <png.h>

#include <bit>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

void append(png_structp png, png_bytep bytes, size_t n_bytes) {
  auto& file = *static_cast<std::vector<uint8_t>*>(png_get_io_ptr(png));
  file.insert(file.end(), bytes, bytes + n_bytes);
}

void flush_nothing(png_structp) {}

void write_palette(png_structp png, png_infop info, const PngOptions& options) {
  std::vector<png_color> colours;
  std::vector<png_byte> alphas;
  for (const auto& [red, green, blue, alpha] : options.palette) {
    colours.push_back({red, green, blue});
    alphas.push_back(alpha);
  }
  png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
  bool has_alpha = false;
  for (const png_byte alpha : alphas) has_alpha |= alpha != 255;
  if (has_alpha) png_set_tRNS(png, info, alphas.data(), static_cast<int>(alphas.size()), nullptr);
}

void write_transparent(png_structp png, png_infop info, int value) {
  const auto word = static_cast<png_uint_16>(value);
  png_color_16 colour{.index = 0, .red = word, .green = word, .blue = word, .gray = word};
  png_set_tRNS(png, info, nullptr, 0, &colour);
}

}  // namespace

// libpng's own error handler ends the process, which is right for a test.
std::vector<uint8_t> encode_png(const RawItem& picture, const PngOptions& options) {
  constexpr int kColourTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                                  PNG_COLOR_TYPE_RGB_ALPHA};
  const auto [height, width, n_channels] = picture.shape.extents;
  const bool is_wide = picture.shape.type == ValueType::kUint16;
  const int colour_type = options.palette.empty() ? kColourTypes[n_channels - 1] : PNG_COLOR_TYPE_PALETTE;
  std::vector<uint8_t> file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &file, append, flush_nothing);
  png_set_IHDR(png, info, width, height, is_wide ? 16 : static_cast<int>(options.bits), colour_type,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
               PNG_FILTER_TYPE_BASE);
  if (!options.palette.empty()) write_palette(png, info, options);
  if (options.transparent >= 0) write_transparent(png, info, options.transparent);
  png_write_info(png, info);
  if (is_wide && std::endian::native == std::endian::little) png_set_swap(png);
  if (options.bits < 8) png_set_packing(png);
  std::vector<png_bytep> rows(height);
  auto* first = const_cast<uint8_t*>(picture.bytes.data());
  for (size_t y = 0; y < height; ++y) rows[y] = first + y * picture.bytes.size() / height;
  png_write_image(png, rows.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

void add_png_files(std::vector<TinyFile>& files) {
  files.push_back({"PNG", "RGB", encode_png(tiny_picture(5, 7, 3))});
  files.push_back({"PNG", "interlaced", encode_png(tiny_picture(9, 9, 4), {.interlaced = true})});
  files.push_back({"PNG", "wide", encode_png(tiny_picture(3, 4, 2, ValueType::kUint16))});
  RawItem indices = tiny_picture(4, 5, 1);
  for (uint8_t& index : indices.bytes) index %= 3;
  files.push_back({"PNG", "palette",
                   encode_png(indices, {.bits = 2, .palette = {{1, 2, 3, 255}, {9, 8, 7, 0}, {40, 50, 60, 128}}})});
}

}  // namespace gulo
