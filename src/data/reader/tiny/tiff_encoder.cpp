#include "data/reader/tiny/tiff_encoder.h"

#include <tiffio.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

struct MemoryFile {
  std::vector<uint8_t> bytes;
  size_t at = 0;
};

MemoryFile& file_of(thandle_t handle) { return *static_cast<MemoryFile*>(handle); }

tmsize_t read_bytes(thandle_t handle, void* out, tmsize_t n_bytes) {
  MemoryFile& file = file_of(handle);
  const size_t n = std::min(static_cast<size_t>(n_bytes), file.bytes.size() - std::min(file.at, file.bytes.size()));
  if (n) std::memcpy(out, file.bytes.data() + file.at, n);
  file.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t write_bytes(thandle_t handle, void* in, tmsize_t n_bytes) {
  MemoryFile& file = file_of(handle);
  const auto n = static_cast<size_t>(n_bytes);
  file.bytes.resize(std::max(file.bytes.size(), file.at + n));
  std::memcpy(file.bytes.data() + file.at, in, n);
  file.at += n;
  return n_bytes;
}

toff_t seek(thandle_t handle, toff_t offset, int from) {
  MemoryFile& file = file_of(handle);
  return file.at = offset + (from == SEEK_CUR ? file.at : from == SEEK_END ? file.bytes.size() : 0);
}

int close_nothing(thandle_t) { return 0; }
toff_t file_size(thandle_t handle) { return file_of(handle).bytes.size(); }

unsigned photometric(TiffColours colours) {
  constexpr unsigned kTags[] = {PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_PALETTE,
                                PHOTOMETRIC_RGB,        PHOTOMETRIC_YCBCR,      PHOTOMETRIC_SEPARATED};
  return kTags[static_cast<size_t>(colours)];
}

void put_tags(TIFF* tiff, const RawItem& picture, const TiffOptions& options, unsigned bits) {
  const auto [height, width, n_channels] = picture.shape.extents;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, n_channels);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric(options.colours));
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, options.separate_planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION,
               options.jpeg  ? COMPRESSION_JPEG
               : options.lzw ? COMPRESSION_LZW
                             : COMPRESSION_NONE);
  if (options.jpeg) TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  if (options.floats) TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  const bool has_alpha = options.colours != TiffColours::kCmyk && n_channels % 2 == 0;
  uint16_t alpha = EXTRASAMPLE_UNASSALPHA;
  if (has_alpha) TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  if (options.tile) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, options.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, options.tile);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, options.rows_per_strip);
  }
  if (options.palette.empty()) return;
  std::vector<uint16_t> red, green, blue;
  for (const auto& [r, g, b] : options.palette) red.push_back(r), green.push_back(g), blue.push_back(b);
  TIFFSetField(tiff, TIFFTAG_COLORMAP, red.data(), green.data(), blue.data());
}

// Values of the picture's row, of one plane or of all, packed to `bits`.
std::vector<uint8_t> packed_row(const RawItem& picture, size_t y, size_t first_x, size_t n_pixels, int plane,
                                unsigned bits) {
  const auto [height, width, n_channels] = picture.shape.extents;
  const size_t first = plane < 0 ? 0 : static_cast<size_t>(plane), last = plane < 0 ? n_channels : first + 1;
  std::vector<uint8_t> row((n_pixels * (last - first) * bits + 7) / 8);
  size_t bit = 0;
  for (size_t x = first_x; x < first_x + n_pixels; ++x)
    for (size_t c = first; c < last; ++c, bit += bits) {
      if (x >= width || y >= height) continue;
      const size_t i = (y * width + x) * n_channels + c;
      if (bits == 16)
        std::memcpy(&row[bit / 8], &picture.bytes[2 * i], 2);
      else
        row[bit / 8] = static_cast<uint8_t>(row[bit / 8] | picture.bytes[i] << (8 - bits - bit % 8));
    }
  return row;
}

void put_blocks(TIFF* tiff, const RawItem& picture, const TiffOptions& options, unsigned bits) {
  const auto [height, width, n_channels] = picture.shape.extents;
  const uint32_t rows = options.tile ? options.tile : options.rows_per_strip,
                 columns = options.tile ? options.tile : width;
  const int n_planes = options.separate_planes ? static_cast<int>(n_channels) : 1;
  uint32_t number = 0;
  for (int plane = 0; plane < n_planes; ++plane)
    for (uint32_t y = 0; y < height; y += rows)
      for (uint32_t x = 0; x < width; x += columns, ++number) {
        std::vector<uint8_t> block;
        for (uint32_t row = y; row < (options.tile ? y + rows : std::min(height, y + rows)); ++row) {
          const auto packed = packed_row(picture, row, x, columns, options.separate_planes ? plane : -1, bits);
          block.insert(block.end(), packed.begin(), packed.end());
        }
        const auto n_bytes = static_cast<tmsize_t>(block.size());
        if (options.tile)
          TIFFWriteEncodedTile(tiff, number, block.data(), n_bytes);
        else
          TIFFWriteEncodedStrip(tiff, number, block.data(), n_bytes);
      }
}

}  // namespace

std::vector<uint8_t> encode_tiff(const RawItem& picture, const TiffOptions& options) {
  const unsigned bits = picture.shape.type == ValueType::kUint16 ? 16 : options.bits;
  MemoryFile file;
  const std::string mode = std::string("w") + (options.big_tiff ? "8" : "") + (options.other_byte_order ? "b" : "l");
  TIFF* tiff = TIFFClientOpen("", mode.c_str(), &file, read_bytes, write_bytes, seek, close_nothing, file_size, nullptr,
                              nullptr);
  for (uint32_t page = 0; page < options.n_pages; ++page) {
    put_tags(tiff, picture, options, bits);
    put_blocks(tiff, picture, options, bits);
    TIFFWriteDirectory(tiff);
  }
  TIFFClose(tiff);
  return file.bytes;
}

void add_tiff_files(std::vector<TinyFile>& files) {
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

}  // namespace gulo
