#include "data/reader/tiny/jpeg_encoder.h"

#include <cstdio>
// jpeglib.h needs FILE declared before it.
#include <jpeglib.h>

#include <cstdlib>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {

// libjpeg's own error handler ends the process, which is right for a test.
std::vector<uint8_t> encode_jpeg(const RawItem& picture, const JpegOptions& options) {
  const auto [height, width, n_channels] = picture.shape.extents;
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long n_bytes = 0;
  jpeg_mem_dest(&jpeg, &out, &n_bytes);
  jpeg.image_width = width;
  jpeg.image_height = height;
  jpeg.input_components = static_cast<int>(n_channels);
  jpeg.in_color_space = n_channels == 1 ? JCS_GRAYSCALE : n_channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, options.quality, TRUE);
  if (options.progressive) jpeg_simple_progression(&jpeg);
  jpeg.arith_code = options.arithmetic;
  if (n_channels == 3)
    jpeg.comp_info[0].h_samp_factor = jpeg.comp_info[0].v_samp_factor = 1;  // colour is not subsampled
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < height) {
    auto* row = const_cast<uint8_t*>(picture.bytes.data()) + size_t{jpeg.next_scanline} * width * n_channels;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const std::vector<uint8_t> file(out, out + n_bytes);
  std::free(out);
  return file;
}

void add_jpeg_files(std::vector<TinyFile>& files) {
  files.push_back({"JPEG", "grey", encode_jpeg(tiny_picture(9, 11, 1))});
  files.push_back({"JPEG", "RGB", encode_jpeg(tiny_picture(17, 5, 3))});
  files.push_back({"JPEG", "progressive", encode_jpeg(tiny_picture(10, 10, 3), {.progressive = true})});
  files.push_back({"JPEG", "arithmetic", encode_jpeg(tiny_picture(8, 8, 3), {.arithmetic = true})});
}

}  // namespace gulo
