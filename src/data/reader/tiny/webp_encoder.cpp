#include "data/reader/tiny/webp_encoder.h"

#include <webp/encode.h>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {

std::vector<uint8_t> encode_webp(const RawItem& picture, bool lossless) {
  const auto height = static_cast<int>(picture.shape.extents[0]), width = static_cast<int>(picture.shape.extents[1]);
  const bool has_alpha = picture.shape.extents[2] == 4;
  WebPConfig config;
  WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, 90);
  config.lossless = lossless;
  config.exact = 1;  // colours of transparent pixels are kept
  WebPPicture webp;
  WebPPictureInit(&webp);
  webp.use_argb = lossless;
  webp.width = width;
  webp.height = height;
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  webp.writer = WebPMemoryWrite;
  webp.custom_ptr = &writer;
  const bool imported = has_alpha ? WebPPictureImportRGBA(&webp, picture.bytes.data(), width * 4)
                                  : WebPPictureImportRGB(&webp, picture.bytes.data(), width * 3);
  std::vector<uint8_t> file;
  if (imported && WebPEncode(&config, &webp)) file.assign(writer.mem, writer.mem + writer.size);
  WebPPictureFree(&webp);
  WebPMemoryWriterClear(&writer);
  return file;
}

void add_webp_files(std::vector<TinyFile>& files) {
  files.push_back({"WebP", "lossless", encode_webp(tiny_picture(7, 6, 4))});
  files.push_back({"WebP", "lossy", encode_webp(tiny_picture(17, 18, 3), false)});
  files.push_back({"WebP", "lossy with alpha", encode_webp(tiny_picture(17, 18, 4), false)});
}

}  // namespace gulo
