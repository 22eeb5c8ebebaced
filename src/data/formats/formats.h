// Between the light program and gulo-formats.so, which lies beside it and is alone linked with libarchive and the
// libraries of the readers: loading those takes longer than a prediction, so it is done where there is a file for them
// to read. All other programs, which take longer to start anyway, and tests are linked with the readers themselves.
#pragma once

#include "data/archive_reader.h"
#include "data/reader/gif_reader.h"
#include "data/reader/jpeg_reader.h"
#include "data/reader/png_reader.h"
#include "data/reader/sound_reader.h"
#include "data/reader/tiff_reader.h"
#include "data/reader/webp_reader.h"

namespace gulo {

inline constexpr const char* kFormatsPlugin = "gulo-formats.so";
inline constexpr const char* kGetFormats = "gulo_formats";

// The functions of these names.
struct Formats {
  decltype(&gulo::open_archive) open_archive;
  decltype(&gulo::unpack_file) unpack_file;
  decltype(&gulo::read_jpeg) read_jpeg;
  decltype(&gulo::read_png) read_png;
  decltype(&gulo::read_webp) read_webp;
  decltype(&gulo::read_gif) read_gif;
  decltype(&gulo::read_tiff) read_tiff;
  decltype(&gulo::read_wav) read_wav;
  decltype(&gulo::read_flac) read_flac;
  decltype(&gulo::read_ogg) read_ogg;
  decltype(&gulo::read_mp3) read_mp3;
  decltype(&gulo::read_aiff) read_aiff;
  decltype(&gulo::read_au) read_au;
};

// What the plugin exports under that name.
using GetFormats = const Formats*();

}  // namespace gulo
