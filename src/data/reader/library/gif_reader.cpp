#include "data/reader/gif_reader.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kFormat = "GIF";

[[noreturn]] void fail(int code) {
  if (code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_NO_SCRN_DSCR || code == D_GIF_ERR_EOF_TOO_SOON ||
      code == D_GIF_ERR_NOT_READABLE)
    fail_cut_short(kFormat);
  const char* why = GifErrorString(code);
  fail_damaged(kFormat, why ? why : "giflib cannot make sense of it");
}

int give_bytes(GifFileType* gif, GifByteType* out, int n_bytes) {
  auto& left = *static_cast<std::span<const uint8_t>*>(gif->UserData);
  const size_t n = std::min(static_cast<size_t>(n_bytes), left.size());
  if (n) std::memcpy(out, left.data(), n);
  left = left.subspan(n);
  return static_cast<int>(n);
}

struct Close {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};

class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> file) : left_(file) {
    int code = 0;
    gif_.reset(DGifOpen(&left_, give_bytes, &code));
    if (!gif_) fail(code);
  }

  RawItem read(const ReadLimits& limits) {
    to_first_frame();
    const GifImageDesc& frame = gif_->Image;
    const auto height = static_cast<uint64_t>(gif_->SHeight), width = static_cast<uint64_t>(gif_->SWidth);
    const bool covers =
        frame.Left == 0 && frame.Top == 0 && frame.Width >= gif_->SWidth && frame.Height >= gif_->SHeight;
    const uint32_t n_channels = transparent_ >= 0 || !covers ? 4 : 3;
    RawItem item = new_picture(kFormat, {height, width, n_channels}, ValueType::kUint8, limits);
    // A frame far larger than the canvas would be unpacked for nothing.
    require(
        frame.Width > 0 && static_cast<uint64_t>(frame.Height) <= limits.max_bytes / static_cast<uint64_t>(frame.Width),
        ErrorKind::kData, "the GIF picture has a frame that is empty or too large");
    paint_frame(item);
    return item;
  }

 private:
  void require_ok(int status) {
    if (status != GIF_OK) fail(gif_->Error);
  }

  // Past comments and the like; the transparent colour is named there.
  void to_first_frame() {
    for (;;) {
      GifRecordType type = UNDEFINED_RECORD_TYPE;
      require_ok(DGifGetRecordType(gif_.get(), &type));
      if (type == EXTENSION_RECORD_TYPE) {
        read_extension();
      } else if (type == IMAGE_DESC_RECORD_TYPE) {
        return require_ok(DGifGetImageDesc(gif_.get()));
      } else {
        fail_damaged(kFormat, "it has no frame");
      }
    }
  }

  void read_extension() {
    int code = 0;
    GifByteType* block = nullptr;  // its length, then as many bytes
    require_ok(DGifGetExtension(gif_.get(), &code, &block));
    while (block) {
      GraphicsControlBlock control;
      if (code == GRAPHICS_EXT_FUNC_CODE && DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
        transparent_ = control.TransparentColor;
      require_ok(DGifGetExtensionNext(gif_.get(), &block));
    }
  }

  // Interlaced frames hold every 8th row first, then those halfway between them, and so on.
  void paint_frame(RawItem& item) {
    struct Pass {
      int first, step;
    };
    constexpr std::array<Pass, 4> kInterlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
    constexpr std::array<Pass, 1> kPlain{{{0, 1}}};
    const std::span<const Pass> passes = gif_->Image.Interlace ? std::span<const Pass>(kInterlaced) : kPlain;
    std::vector<GifPixelType> row(static_cast<size_t>(gif_->Image.Width));
    for (const Pass& pass : passes)
      for (int y = pass.first; y < gif_->Image.Height; y += pass.step) {
        require_ok(DGifGetLine(gif_.get(), row.data(), gif_->Image.Width));
        paint_row(row, y + gif_->Image.Top, item);
      }
  }

  void paint_row(std::span<const GifPixelType> row, int y, RawItem& item) {
    const ColorMapObject* colours = gif_->Image.ColorMap ? gif_->Image.ColorMap : gif_->SColorMap;
    if (!colours) fail_damaged(kFormat, "it has no palette");
    const auto [height, width, n_channels] = item.shape.extents;
    const auto left = static_cast<size_t>(gif_->Image.Left);
    for (size_t x = 0; x < row.size(); ++x) {
      if (row[x] >= colours->ColorCount) fail_damaged(kFormat, "a colour off the palette");
      if (static_cast<uint32_t>(y) >= height || left + x >= width) continue;
      const GifColorType& colour = colours->Colors[row[x]];
      uint8_t* pixel = item.bytes.data() + (static_cast<size_t>(y) * width + left + x) * n_channels;
      pixel[0] = colour.Red, pixel[1] = colour.Green, pixel[2] = colour.Blue;
      if (n_channels == 4) pixel[3] = row[x] == transparent_ ? 0 : 255;
    }
  }

  std::span<const uint8_t> left_;
  std::unique_ptr<GifFileType, Close> gif_;
  int transparent_ = NO_TRANSPARENT_COLOR;
};

}  // namespace

RawItem read_gif(std::span<const uint8_t> file, const ReadLimits& limits) { return Decoder(file).read(limits); }

}  // namespace gulo
