#include "data/reader/png_reader.h"

#include <png.h>

#include <array>
#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kFormat = "PNG";

// libpng reports through C callbacks and leaves by longjmp, which may not jump over a destructor: the functions that
// call setjmp, and all that they call, hold plain values only.
struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  const uint8_t* next = nullptr;
  size_t n_left = 0;
  std::array<char, 200> message{};
  bool cut_short = false;
  int n_passes = 1;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto& session = *static_cast<Session*>(png_get_error_ptr(png));
  std::snprintf(session.message.data(), session.message.size(), "%s", message);
  png_longjmp(png, 1);
}

void be_silent(png_structp, png_const_charp) {}

void give_bytes(png_structp png, png_bytep out, size_t n_bytes) {
  auto& session = *static_cast<Session*>(png_get_io_ptr(png));
  session.cut_short = n_bytes > session.n_left;
  if (session.cut_short) png_error(png, "cut short");
  std::memcpy(out, session.next, n_bytes);
  session.next += n_bytes;
  session.n_left -= n_bytes;
}

// Up to the pixels.
bool read_info(Session& session) {
  if (setjmp(png_jmpbuf(session.png))) return false;
  png_set_read_fn(session.png, &session, give_bytes);
  png_set_user_limits(session.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours apply
  png_set_benign_errors(session.png, 1);
  png_read_info(session.png, session.info);
  return true;
}

// libpng takes memory for rows here.
bool start_rows(Session& session, bool is_palette) {
  png_structp png = session.png;
  if (setjmp(png_jmpbuf(png))) return false;
  if (is_palette)
    png_set_packing(png);  // indices, one in a byte
  else
    png_set_expand(png);  // transparent colour, grey of less than 8 bits
  if (std::endian::native == std::endian::little) png_set_swap(png);
  session.n_passes = png_set_interlace_handling(png);
  png_read_update_info(png, session.info);
  return true;
}

// An interlaced picture comes in seven passes, each of which adds to the rows.
bool read_rows(Session& session, uint8_t* rows, size_t row_bytes, size_t n_rows) {
  if (setjmp(png_jmpbuf(session.png))) return false;
  for (int pass = 0; pass < session.n_passes; ++pass)
    for (size_t y = 0; y < n_rows; ++y) png_read_row(session.png, rows + y * row_bytes, nullptr);
  png_read_end(session.png, nullptr);
  return true;
}

class Decoder {
 public:
  explicit Decoder(std::span<const uint8_t> file) {
    session_.next = file.data();
    session_.n_left = file.size();
    session_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session_, on_error, be_silent);
    if (session_.png) session_.info = png_create_info_struct(session_.png);
    require(session_.info, ErrorKind::kDevice, "libpng has no memory, or is another version than gulo was built with");
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&session_.png, &session_.info, nullptr); }

  RawItem read(const ReadLimits& limits) {
    if (!read_info(session_)) fail();
    const int colours = png_get_color_type(session_.png, session_.info);
    const bool is_palette = colours == PNG_COLOR_TYPE_PALETTE;
    const bool has_alpha = colours & PNG_COLOR_MASK_ALPHA || png_get_valid(session_.png, session_.info, PNG_INFO_tRNS);
    PictureSize size{png_get_image_height(session_.png, session_.info),
                     png_get_image_width(session_.png, session_.info),
                     (colours & PNG_COLOR_MASK_COLOR ? 3u : 1u) + (has_alpha ? 1 : 0)};
    const bool is_wide = png_get_bit_depth(session_.png, session_.info) == 16;
    const ValueType type = is_wide ? ValueType::kUint16 : ValueType::kUint8;
    check_picture(kFormat, size, type, limits);

    if (!start_rows(session_, is_palette)) fail();
    if (!is_palette) return read_picture(size, type, limits);
    const uint32_t n_channels = std::exchange(size.n_channels, 1);
    return painted(read_picture(size, type, limits), n_channels);
  }

 private:
  RawItem read_picture(const PictureSize& size, ValueType type, const ReadLimits& limits) {
    RawItem item = new_picture(kFormat, size, type, limits);
    const size_t row_bytes = item.bytes.size() / size.height;
    if (png_get_rowbytes(session_.png, session_.info) != row_bytes)
      fail_damaged(kFormat, "its rows have another length");
    if (!read_rows(session_, item.bytes.data(), row_bytes, size.height)) fail();
    return item;
  }

  // libpng's own way paints colours that the palette has not in black.
  RawItem painted(const RawItem& indices, uint32_t n_channels) {
    png_colorp colours = nullptr;
    png_bytep alphas = nullptr;  // of the first colours; the rest is opaque
    int n_colours = 0, n_alphas = 0;
    png_get_PLTE(session_.png, session_.info, &colours, &n_colours);
    png_get_tRNS(session_.png, session_.info, &alphas, &n_alphas, nullptr);
    RawItem item{.shape = indices.shape, .bytes = {}};
    item.shape.extents[2] = n_channels;
    item.bytes.resize(item.shape.n_bytes());
    uint8_t* out = item.bytes.data();
    for (const uint8_t index : indices.bytes) {
      if (index >= n_colours) fail_damaged(kFormat, "a colour off the palette");
      *out++ = colours[index].red, *out++ = colours[index].green, *out++ = colours[index].blue;
      if (n_channels == 4) *out++ = index < n_alphas ? alphas[index] : 255;
    }
    return item;
  }

  [[noreturn]] void fail() {
    if (session_.cut_short) fail_cut_short(kFormat);
    fail_damaged(kFormat, session_.message.data());
  }

  Session session_;
};

}  // namespace

RawItem read_png(std::span<const uint8_t> file, const ReadLimits& limits) { return Decoder(file).read(limits); }

}  // namespace gulo
