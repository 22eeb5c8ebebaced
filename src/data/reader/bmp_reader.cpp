#include "data/reader/bmp_reader.h"

#include <algorithm>
#include <array>
#include <bit>

#include "data/reader/file_bytes.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kBmp = "BMP";
constexpr size_t kFileHeaderBytes = 14;
constexpr uint32_t kCoreHeader = 12, kInfoHeader = 40,
                   kAlphaMaskHeader = 56;  // bytes; what follows adds fields at the end
constexpr std::array<uint32_t, 8> kHeaderSizes = {kCoreHeader, 16, kInfoHeader, 52, kAlphaMaskHeader, 64, 108, 124};

struct BmpHeader {
  uint32_t header_bytes = 0, pixels_at = 0, n_colours = 0, compression = 0;
  uint64_t height = 0, width = 0;
  unsigned bits = 0;
  bool from_top = false;
  std::array<uint32_t, 4> byte_of{2, 1, 0, 3};  // where a pixel has red, green, blue, alpha
  uint32_t n_channels = 3;
};

enum Compression : uint32_t { kPlain = 0, kMasks = 3, kAlphaMasks = 6 };

void need(std::span<const uint8_t> file, uint64_t n_bytes) {
  if (file.size() < n_bytes) fail_cut_short(kBmp);
}

bool is_header_size(uint32_t n_bytes) {
  return std::find(kHeaderSizes.begin(), kHeaderSizes.end(), n_bytes) != kHeaderSizes.end();
}

void read_size(std::span<const uint8_t> file, BmpHeader& header) {
  if (header.header_bytes == kCoreHeader) {
    header.width = little16(file, 18);
    header.height = little16(file, 20);
    header.bits = little16(file, 24);
    return;
  }
  const auto width = static_cast<int32_t>(little32(file, 18)), height = static_cast<int32_t>(little32(file, 22));
  if (width < 0) fail_damaged(kBmp, "a width below zero");
  header.width = static_cast<uint64_t>(width);
  header.from_top = height < 0;
  header.height = static_cast<uint64_t>(header.from_top ? -int64_t{height} : height);
  header.bits = little16(file, 28);
  if (header.header_bytes < kInfoHeader) return;
  header.compression = little32(file, 30);
  header.n_colours = little32(file, 46);
}

// 8 bits a channel at a multiple of 8.
uint32_t byte_of_mask(uint32_t mask) {
  const auto shift = static_cast<uint32_t>(mask ? std::countr_zero(mask) : 1);
  if (shift % 8 != 0 || mask >> shift != 0xFF) fail_variant(kBmp, "whose channels are not whole bytes");
  return shift / 8;
}

// The masks are the last fields of the longer headers and follow upon the short one: at the same place.
void read_masks(std::span<const uint8_t> file, BmpHeader& header) {
  constexpr size_t kMasksAt = kFileHeaderBytes + kInfoHeader;
  const bool has_alpha_mask = header.header_bytes >= kAlphaMaskHeader || header.compression == kAlphaMasks;
  if (header.header_bytes == 64) fail_variant(kBmp, "of OS/2 with Huffman codes");
  need(file, kMasksAt + 16);
  for (size_t i = 0; i < 3; ++i) header.byte_of[i] = byte_of_mask(little32(file, kMasksAt + 4 * i));
  if (!has_alpha_mask || little32(file, kMasksAt + 12) == 0) return;
  header.byte_of[3] = byte_of_mask(little32(file, kMasksAt + 12));
  header.n_channels = 4;
}

void check_variant(const BmpHeader& header) {
  constexpr std::array<unsigned, 5> kBits = {1, 4, 8, 24, 32};
  const bool masks = header.compression == kMasks || header.compression == kAlphaMasks;
  if (header.compression == 1 || header.compression == 2) fail_variant(kBmp, "with run lengths");
  if (!masks && header.compression != kPlain) fail_variant(kBmp, "with JPEG, PNG or something else inside");
  if (header.bits == 16) fail_variant(kBmp, "of 16 bits a pixel");
  if (std::find(kBits.begin(), kBits.end(), header.bits) == kBits.end() || (masks && header.bits != 32))
    fail_damaged(kBmp, "no picture has so many bits a pixel");
}

BmpHeader read_bmp_header(std::span<const uint8_t> file) {
  BmpHeader header;
  need(file, kFileHeaderBytes + kCoreHeader);
  header.pixels_at = little32(file, 10);
  header.header_bytes = little32(file, 14);
  if (!is_header_size(header.header_bytes)) fail_damaged(kBmp, "its header has no known size");
  need(file, uint64_t{kFileHeaderBytes} + header.header_bytes);
  read_size(file, header);
  check_variant(header);
  if (header.compression != kPlain) read_masks(file, header);
  return header;
}

struct Palette {
  std::span<const uint8_t> bytes;
  size_t entry_bytes = 4;  // blue, green, red and, in the newer headers, nothing
  size_t size() const { return bytes.size() / entry_bytes; }
};

Palette find_palette(std::span<const uint8_t> file, const BmpHeader& header) {
  const size_t entry_bytes = header.header_bytes == kCoreHeader ? 3 : 4;
  const uint32_t all = 1u << header.bits;
  const uint32_t n_colours = header.n_colours == 0 ? all : std::min(header.n_colours, all);
  const size_t at = kFileHeaderBytes + header.header_bytes;
  need(file, at + n_colours * entry_bytes);
  return {file.subspan(at, n_colours * entry_bytes), entry_bytes};
}

void paint_indices(std::span<const uint8_t> indices, const Palette& palette, uint8_t* pixel) {
  for (const uint8_t index : indices) {
    if (index >= palette.size()) fail_damaged(kBmp, "a colour off the palette");
    const auto entry = palette.bytes.subspan(index * palette.entry_bytes);
    for (size_t c = 0; c < 3; ++c) *pixel++ = entry[2 - c];
  }
}

void paint_channels(const uint8_t* row, const BmpHeader& header, uint8_t* pixel) {
  for (size_t x = 0; x < header.width; ++x, row += header.bits / 8)
    for (size_t c = 0; c < header.n_channels; ++c) *pixel++ = row[header.byte_of[c]];
}

}  // namespace

bool is_bmp(std::span<const uint8_t> head) {
  return begins_with(head, "BM") && head.size() >= 18 && is_header_size(little32(head, 14));
}

RawItem read_bmp(std::span<const uint8_t> file, const ReadLimits& limits) {
  const BmpHeader header = read_bmp_header(file);
  const PictureSize size{header.height, header.width, header.n_channels};
  check_picture(kBmp, size, ValueType::kUint8, limits);
  const uint64_t row_bytes = (header.width * header.bits + 31) / 32 * 4;  // rows end at a multiple of 4 bytes
  need(file, header.pixels_at + row_bytes * header.height);
  RawItem item = new_picture(kBmp, size, ValueType::kUint8, limits);

  const Palette palette = header.bits <= 8 ? find_palette(file, header) : Palette{};
  std::vector<uint8_t> indices(palette.size() ? header.width : 0);
  for (uint64_t y = 0; y < header.height; ++y) {
    const uint8_t* row = file.data() + header.pixels_at + y * row_bytes;
    uint8_t* out = item.bytes.data() + (header.from_top ? y : header.height - 1 - y) * header.width * header.n_channels;
    if (header.bits > 8) {
      paint_channels(row, header, out);
    } else {
      unpack_bits(row, header.bits, header.width, indices.data());
      paint_indices(indices, palette, out);
    }
  }
  return item;
}

}  // namespace gulo
