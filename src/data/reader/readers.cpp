// The list of formats: a new one is its file and one line here. One whose library the build lacks is listed too: its
// read() says what to install.
#include <vector>

#include "data/reader/bmp_reader.h"
#include "data/reader/gif_reader.h"
#include "data/reader/jpeg_reader.h"
#include "data/reader/npy_reader.h"
#include "data/reader/png_reader.h"
#include "data/reader/pnm_reader.h"
#include "data/reader/reader.h"
#include "data/reader/sound_reader.h"
#include "data/reader/tiff_reader.h"
#include "data/reader/webp_reader.h"

namespace gulo {

std::span<const Reader> readers() {
  // clang-format off
  static const std::vector<Reader> all = {
      {"JPEG", Kind::kPixels, is_jpeg, read_jpeg},
      {"PNG", Kind::kPixels, is_png, read_png},
      {"WebP", Kind::kPixels, is_webp, read_webp},
      {"GIF", Kind::kPixels, is_gif, read_gif},
      {"TIFF", Kind::kPixels, is_tiff, read_tiff},
      {"BMP", Kind::kPixels, is_bmp, read_bmp},
      {"PNM", Kind::kPixels, is_pnm, read_pnm},
      {"WAV", Kind::kSamples, is_wav, read_wav},
      {"FLAC", Kind::kSamples, is_flac, read_flac},
      {"Ogg", Kind::kSamples, is_ogg, read_ogg},
      {"AIFF", Kind::kSamples, is_aiff, read_aiff},
      {"AU", Kind::kSamples, is_au, read_au},
      {"NumPy", Kind::kSamples, is_npy, read_npy},
      {"MP3", Kind::kSamples, is_mp3, read_mp3},
  };
  // clang-format on
  return all;
}

}  // namespace gulo
