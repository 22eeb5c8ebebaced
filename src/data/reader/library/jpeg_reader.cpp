#include "data/reader/jpeg_reader.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE declared before it.
#include <jerror.h>
#include <jpeglib.h>

#include <array>

#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kFormat = "JPEG";
// A progressive picture refines the whole of itself with each scan; real ones have about ten.
constexpr int kMaxScans = 500;

// libjpeg reports through C callbacks and leaves by longjmp, which may not jump over a destructor: the functions that
// call setjmp, and all that they call, hold plain values only.
struct Session {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf on_error;
  std::array<char, JMSG_LENGTH_MAX> message;
  bool cut_short;
};

Session& session_of(j_common_ptr jpeg) { return *static_cast<Session*>(jpeg->client_data); }

[[noreturn]] void leave(j_common_ptr jpeg) {
  Session& session = session_of(jpeg);
  const int code = jpeg->err->msg_code;
  session.cut_short = code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY;
  jpeg->err->format_message(jpeg, session.message.data());
  std::longjmp(session.on_error, 1);
}

// Such as leave every pixel as it was meant.
bool is_harmless(int warning) {
  return warning == JWRN_EXTRANEOUS_DATA || warning == JWRN_ADOBE_XFORM || warning == JWRN_JFIF_MAJOR ||
         warning == JWRN_TOO_MUCH_DATA || warning == JWRN_BOGUS_PROGRESSION;
}

// libjpeg would go on after damage and make up the rest of the picture, in grey.
void on_message(j_common_ptr jpeg, int level) {
  if (level < 0 && !is_harmless(jpeg->err->msg_code)) leave(jpeg);
}

void be_silent(j_common_ptr) {}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= kMaxScans) return;
  Session& session = session_of(jpeg);
  std::snprintf(session.message.data(), session.message.size(), "more than %d scans", kMaxScans);
  std::longjmp(session.on_error, 1);
}

bool read_header(Session& session, std::span<const uint8_t> file) {
  session.jpeg.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = leave;
  session.errors.emit_message = on_message;
  session.errors.output_message = be_silent;
  session.jpeg.client_data = &session;
  if (setjmp(session.on_error)) return false;
  jpeg_create_decompress(&session.jpeg);  // zeroes all but err and client_data
  session.progress.progress_monitor = on_progress;
  session.jpeg.progress = &session.progress;
  jpeg_mem_src(&session.jpeg, file.data(), file.size());
  jpeg_read_header(&session.jpeg, TRUE);
  return true;
}

bool read_rows(Session& session, uint8_t* rows, size_t row_bytes) {
  if (setjmp(session.on_error)) return false;
  jpeg_start_decompress(&session.jpeg);
  while (session.jpeg.output_scanline < session.jpeg.output_height) {
    JSAMPROW row = rows + session.jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&session.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&session.jpeg);
  return true;
}

class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { jpeg_destroy_decompress(&session_.jpeg); }

  RawItem read(std::span<const uint8_t> file, const ReadLimits& limits) {
    if (!read_header(session_, file)) fail();
    choose_colours();
    const auto n_channels = static_cast<uint32_t>(session_.jpeg.out_color_space == JCS_GRAYSCALE ? 1 : 3);
    RawItem item = new_picture(kFormat, {session_.jpeg.image_height, session_.jpeg.image_width, n_channels},
                               ValueType::kUint8, limits);
    // A progressive picture keeps its coefficients: 2 bytes a value, at most, rounded up to whole blocks.
    session_.jpeg.mem->max_memory_to_use = static_cast<long>(4 * item.bytes.size() + (size_t{16} << 20));
    if (!read_rows(session_, item.bytes.data(), size_t{item.shape.extents[1]} * n_channels)) fail();
    return item;
  }

 private:
  void choose_colours() {
    switch (session_.jpeg.jpeg_color_space) {
      case JCS_GRAYSCALE:
        session_.jpeg.out_color_space = JCS_GRAYSCALE;
        break;
      case JCS_YCbCr:
      case JCS_RGB:
        session_.jpeg.out_color_space = JCS_RGB;
        break;
      default:
        fail_variant(kFormat, "in CMYK or another colour space");
    }
  }

  [[noreturn]] void fail() {
    if (session_.cut_short) fail_cut_short(kFormat);
    fail_damaged(kFormat, session_.message.data());
  }

  Session session_{};
};

}  // namespace

RawItem read_jpeg(std::span<const uint8_t> file, const ReadLimits& limits) { return Decoder().read(file, limits); }

}  // namespace gulo
