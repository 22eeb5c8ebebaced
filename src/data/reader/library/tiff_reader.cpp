#include "data/reader/tiff_reader.h"

#include <fmt/core.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kFormat = "TIFF";

// libtiff's handlers are the process's; what one call says stays in its thread.
thread_local std::array<char, 200> last_message{};

void keep_message(const char*, const char* format, va_list arguments) {
  std::vsnprintf(last_message.data(), last_message.size(), format, arguments);
}

void keep_messages() {
  [[maybe_unused]] static const bool done = [] {
    TIFFSetErrorHandler(keep_message);
    TIFFSetWarningHandler(nullptr);
    return true;
  }();
  last_message[0] = 0;
}

// The file, as libtiff's callbacks see it.
struct MemoryFile {
  std::span<const uint8_t> bytes;
  uint64_t at = 0;
  bool cut_short = false;
};

tmsize_t read_bytes(thandle_t handle, void* out, tmsize_t n_bytes) {
  auto& file = *static_cast<MemoryFile*>(handle);
  const uint64_t left = file.at < file.bytes.size() ? file.bytes.size() - file.at : 0;
  const uint64_t n = std::min(static_cast<uint64_t>(n_bytes), left);
  file.cut_short |= n < static_cast<uint64_t>(n_bytes);
  if (n) std::memcpy(out, file.bytes.data() + file.at, n);
  file.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t write_nothing(thandle_t, void*, tmsize_t) { return 0; }

toff_t seek(thandle_t handle, toff_t offset, int from) {
  auto& file = *static_cast<MemoryFile*>(handle);
  const uint64_t start = from == SEEK_CUR ? file.at : from == SEEK_END ? file.bytes.size() : 0;
  return file.at = start + offset;
}

int close_nothing(thandle_t) { return 0; }
toff_t file_size(thandle_t handle) { return static_cast<MemoryFile*>(handle)->bytes.size(); }
int map_nothing(thandle_t, void**, toff_t*) { return 0; }
void unmap_nothing(thandle_t, void*, toff_t) {}

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};

// A strip or a tile: what is unpacked at once.
struct Block {
  uint64_t height = 0, width = 0;
  uint32_t n_channels = 1;  // 1 where every channel has blocks of its own
};

class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> bytes) : file_{.bytes = bytes} {
    keep_messages();
    tiff_.reset(TIFFClientOpen("", "rm", &file_, read_bytes, write_nothing, seek, close_nothing, file_size, map_nothing,
                               unmap_nothing));
    if (!tiff_) fail();
  }

  RawItem read(const ReadLimits& limits) {
    read_size();
    read_meaning();
    const uint32_t n_channels = is_palette_ ? 3 : n_stored_;
    const ValueType type = bits_ == 16 || is_palette_ ? ValueType::kUint16 : ValueType::kUint8;
    check_picture(kFormat, {height_, width_, n_channels}, type, limits);
    read_blocks_shape(limits);
    RawItem item = new_picture(kFormat, {height_, width_, n_channels}, type, limits);
    const uint32_t n_planes = block_.n_channels == n_stored_ ? 1 : n_stored_;
    for (uint32_t plane = 0; plane < n_planes; ++plane)
      for (uint64_t y = 0; y < height_; y += block_.height)
        for (uint64_t x = 0; x < width_; x += block_.width) read_block(x, y, plane, item);
    return item;
  }

 private:
  [[noreturn]] void fail() {
    if (file_.cut_short) fail_cut_short(kFormat);
    fail_damaged(kFormat, last_message[0] ? last_message.data() : "libtiff cannot make sense of it");
  }

  template <class T>
  T field(uint32_t tag) {
    T value{};
    if (!TIFFGetFieldDefaulted(tiff_.get(), tag, &value)) fail_damaged(kFormat, fmt::format("it has no tag {}", tag));
    return value;
  }

  void read_size() {
    height_ = field<uint32_t>(TIFFTAG_IMAGELENGTH);
    width_ = field<uint32_t>(TIFFTAG_IMAGEWIDTH);
    n_stored_ = field<uint16_t>(TIFFTAG_SAMPLESPERPIXEL);
    bits_ = field<uint16_t>(TIFFTAG_BITSPERSAMPLE);
    constexpr std::array<uint32_t, 5> kBits = {1, 2, 4, 8, 16};
    if (std::find(kBits.begin(), kBits.end(), bits_) == kBits.end())
      fail_variant(kFormat, fmt::format("of {} bits a channel", bits_));
    if (field<uint16_t>(TIFFTAG_SAMPLEFORMAT) != SAMPLEFORMAT_UINT)
      fail_variant(kFormat, "of numbers below zero or floating point");
  }

  void read_meaning() {
    uint32_t n_colours = 1;
    switch (field<uint16_t>(TIFFTAG_PHOTOMETRIC)) {
      case PHOTOMETRIC_MINISBLACK:
        break;
      case PHOTOMETRIC_MINISWHITE:
        is_inverted_ = true;
        break;
      case PHOTOMETRIC_RGB:
        n_colours = 3;
        break;
      case PHOTOMETRIC_PALETTE:
        read_palette();
        break;
      case PHOTOMETRIC_YCBCR:
        if (field<uint16_t>(TIFFTAG_COMPRESSION) != COMPRESSION_JPEG) fail_variant(kFormat, "in YCbCr");
        TIFFSetField(tiff_.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        n_colours = 3;
        break;
      default:
        fail_variant(kFormat, "in CMYK, Lab or another colour space");
    }
    if (n_stored_ < n_colours) fail_damaged(kFormat, "it has fewer channels than its colours need");
    if (n_stored_ > n_colours + (is_palette_ ? 0 : 1))
      fail_variant(kFormat, "with more channels than colour and alpha");
    n_colours_ = n_colours;
  }

  void read_palette() {
    is_palette_ = true;
    if (!TIFFGetField(tiff_.get(), TIFFTAG_COLORMAP, &palette_[0], &palette_[1], &palette_[2]))
      fail_damaged(kFormat, "it has no palette");
  }

  void read_blocks_shape(const ReadLimits& limits) {
    is_tiled_ = TIFFIsTiled(tiff_.get());
    block_.height = is_tiled_ ? field<uint32_t>(TIFFTAG_TILELENGTH)
                              : std::min<uint64_t>(height_, field<uint32_t>(TIFFTAG_ROWSPERSTRIP));
    block_.width = is_tiled_ ? field<uint32_t>(TIFFTAG_TILEWIDTH) : width_;
    block_.n_channels = field<uint16_t>(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE ? 1 : n_stored_;
    check_picture("tile of a TIFF", {block_.height, block_.width, block_.n_channels},
                  bits_ == 16 ? ValueType::kUint16 : ValueType::kUint8, limits);
    row_bytes_ = (block_.width * block_.n_channels * bits_ + 7) / 8;
    packed_.resize(row_bytes_ * block_.height);
    values_.resize(block_.width * block_.n_channels);
  }

  void read_block(uint64_t x, uint64_t y, uint32_t plane, RawItem& item) {
    const uint64_t n_rows = std::min(block_.height, height_ - y);
    const auto n_bytes = static_cast<tmsize_t>(row_bytes_ * (is_tiled_ ? block_.height : n_rows));
    const auto at_x = static_cast<uint32_t>(x), at_y = static_cast<uint32_t>(y);
    const auto at_plane = static_cast<uint16_t>(plane);
    TIFF* tiff = tiff_.get();
    const uint32_t number =
        is_tiled_ ? TIFFComputeTile(tiff, at_x, at_y, 0, at_plane) : TIFFComputeStrip(tiff, at_y, at_plane);
    // libtiff takes what the directory does not list to be at the file's beginning.
    if (TIFFGetStrileOffset(tiff, number) == 0)
      fail_damaged(kFormat, "it has fewer strips or tiles than its size needs");
    const tmsize_t n_read = is_tiled_ ? TIFFReadEncodedTile(tiff, number, packed_.data(), n_bytes)
                                      : TIFFReadEncodedStrip(tiff, number, packed_.data(), n_bytes);
    if (n_read != n_bytes) fail();
    for (uint64_t row = 0; row < n_rows; ++row) {
      unpack_row(packed_.data() + row * row_bytes_);
      paint_row(x, y + row, plane, item);
    }
  }

  void unpack_row(const uint8_t* packed) {
    if (bits_ == 16) return void(std::memcpy(values_.data(), packed, 2 * values_.size()));
    auto* bytes = reinterpret_cast<uint8_t*>(values_.data());
    unpack_bits(packed, bits_, values_.size(), bytes);
    for (size_t i = values_.size(); i-- > 0;) values_[i] = bytes[i];  // from the back: the bytes lie in the same memory
  }

  void paint_row(uint64_t x, uint64_t y, uint32_t plane, RawItem& item) {
    const uint64_t n_pixels = std::min(block_.width, width_ - x);
    const uint32_t n_channels = item.shape.extents[2];
    size_t at = (y * width_ + x) * n_channels;
    for (uint64_t i = 0; i < n_pixels; ++i, at += n_channels) {
      if (is_palette_) {
        for (size_t c = 0; c < 3; ++c) put(item, at + c, palette_[c][values_[i]]);
      } else {
        for (uint32_t c = 0; c < block_.n_channels; ++c)
          put(item, at + plane + c, in_unit(values_[i * block_.n_channels + c], plane + c));
      }
    }
  }

  uint16_t in_unit(uint16_t value, uint32_t channel) const {
    const uint32_t largest = (1u << bits_) - 1;
    const uint32_t meant = is_inverted_ && channel < n_colours_ ? largest - value : value;
    return static_cast<uint16_t>(bits_ < 8 ? meant * (255 / largest) : meant);
  }

  static void put(RawItem& item, size_t i, uint16_t value) {
    if (item.shape.type == ValueType::kUint16)
      std::memcpy(item.bytes.data() + 2 * i, &value, 2);
    else
      item.bytes[i] = static_cast<uint8_t>(value);
  }

  MemoryFile file_;
  std::unique_ptr<TIFF, Close> tiff_;
  uint64_t height_ = 0, width_ = 0, row_bytes_ = 0;
  uint32_t n_stored_ = 1, n_colours_ = 1, bits_ = 8;
  bool is_inverted_ = false, is_palette_ = false, is_tiled_ = false;
  std::array<uint16_t*, 3> palette_{};  // libtiff's
  Block block_;
  std::vector<uint8_t> packed_;   // a block as libtiff gives it
  std::vector<uint16_t> values_;  // a row of it, a value each
};

}  // namespace

RawItem read_tiff(std::span<const uint8_t> file, const ReadLimits& limits) { return Decoder(file).read(limits); }

}  // namespace gulo
