// All that gulo-formats.so is, but for the readers themselves.
#include "data/formats/formats.h"

extern "C" __attribute__((visibility("default"))) const gulo::Formats* gulo_formats() {
  using namespace gulo;
  static constexpr Formats kFormats{open_archive, unpack_file, read_jpeg, read_png, read_webp, read_gif, read_tiff,
                                    read_wav,     read_flac,   read_ogg,  read_mp3, read_aiff, read_au};
  return &kFormats;
}
