// For tests: a few small valid files of every format that this build reads. The robustness test and the fuzzer's corpus
// begin with them.
#pragma once

#include <string>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

struct TinyFile {
  std::string reader;  // its name in readers()
  std::string name;    // "progressive"
  std::vector<uint8_t> bytes;
};

std::vector<TinyFile> tiny_files();

// Those of one library, beside its encoder; only where the build has it.
void add_jpeg_files(std::vector<TinyFile>& files);
void add_png_files(std::vector<TinyFile>& files);
void add_webp_files(std::vector<TinyFile>& files);
void add_gif_files(std::vector<TinyFile>& files);
void add_tiff_files(std::vector<TinyFile>& files);
void add_sound_files(std::vector<TinyFile>& files);

// A picture whose every value is another where the type allows it.
RawItem tiny_picture(uint32_t height, uint32_t width, uint32_t n_channels, ValueType type = ValueType::kUint8);
// One of a single channel, with all values below `limit`.
RawItem tiny_indices(uint32_t limit, uint32_t height, uint32_t width);

// The bytes of an expression like "42 4D 0A".
std::vector<uint8_t> from_hex(std::string_view hex);

}  // namespace gulo
