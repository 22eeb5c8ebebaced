#include "data/reader/tiny/gif_encoder.h"

#include <gif_lib.h>

#include "data/reader/tiny/tiny_files.h"

namespace gulo {
namespace {

int append(GifFileType* gif, const GifByteType* bytes, int n_bytes) {
  auto& file = *static_cast<std::vector<uint8_t>*>(gif->UserData);
  file.insert(file.end(), bytes, bytes + n_bytes);
  return n_bytes;
}

ColorMapObject* make_palette(const GifPicture& picture) {
  std::vector<GifColorType> colours;
  for (const auto& [red, green, blue] : picture.palette) colours.push_back({red, green, blue});
  return GifMakeMapObject(static_cast<int>(colours.size()), colours.data());
}

void put_frame(GifFileType* gif, const GifPicture& picture, const ColorMapObject* palette) {
  if (picture.transparent >= 0) {
    const GraphicsControlBlock control{.DisposalMode = DISPOSAL_UNSPECIFIED,
                                       .UserInputFlag = false,
                                       .DelayTime = 0,
                                       .TransparentColor = picture.transparent};
    std::array<GifByteType, 4> bytes{};
    EGifGCBToExtension(&control, bytes.data());
    EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(bytes.size()), bytes.data());
  }
  EGifPutImageDesc(gif, picture.left, picture.top, picture.width, picture.height, picture.interlaced,
                   picture.local_palette ? palette : nullptr);
  std::vector<GifPixelType> row(static_cast<size_t>(picture.width));
  constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < (picture.interlaced ? 4 : 1); ++pass)
    for (int y = kFirst[pass]; y < picture.height; y += picture.interlaced ? kStep[pass] : 1) {
      row.assign(picture.indices.begin() + y * picture.width, picture.indices.begin() + (y + 1) * picture.width);
      EGifPutLine(gif, row.data(), picture.width);
    }
}

}  // namespace

std::vector<uint8_t> encode_gif(const GifPicture& picture) {
  std::vector<uint8_t> file;
  GifFileType* gif = EGifOpen(&file, append, nullptr);
  EGifSetGifVersion(gif, true);
  ColorMapObject* palette = make_palette(picture);
  EGifPutScreenDesc(gif, picture.canvas_width, picture.canvas_height, 8, 0, picture.local_palette ? nullptr : palette);
  for (int i = 0; i < picture.n_frames; ++i) put_frame(gif, picture, palette);
  GifFreeMapObject(palette);
  EGifCloseFile(gif, nullptr);
  return file;
}

void add_gif_files(std::vector<TinyFile>& files) {
  GifPicture picture{.canvas_width = 6,
                     .canvas_height = 9,
                     .left = 1,
                     .top = 0,
                     .width = 4,
                     .height = 9,
                     .palette = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {1, 2, 3}},
                     .indices = {},
                     .transparent = 2,
                     .interlaced = true};
  for (size_t i = 0; i < 36; ++i) picture.indices.push_back(i * 7 % 4);
  files.push_back({"GIF", "interlaced", encode_gif(picture)});
  picture.interlaced = false;
  picture.local_palette = true;
  picture.n_frames = 2;
  files.push_back({"GIF", "animated", encode_gif(picture)});
}

}  // namespace gulo
