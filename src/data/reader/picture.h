// What every reader of pictures does: say what is wrong in the same words, and take memory only for what a header may
// ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/reader/reader.h"

namespace gulo {

struct PictureSize {
  uint64_t height = 0, width = 0;
  uint32_t n_channels = 1;  // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
};

// Throws Error (kData) where the size is zero, over the limits, or more than 32 bits hold.
void check_picture(std::string_view format, const PictureSize& size, ValueType type, const ReadLimits& limits);
// A picture of zeros, checked before memory is taken.
RawItem new_picture(std::string_view format, const PictureSize& size, ValueType type, const ReadLimits& limits);

// Throws Error (kData): "damaged PNG picture: bad CRC".
[[noreturn]] void fail_damaged(std::string_view format, std::string_view why);
// Throws Error (kData): "the JPEG picture is cut short".
[[noreturn]] void fail_cut_short(std::string_view format);
// Throws Error (kData): "BMP pictures with run lengths are not read".
[[noreturn]] void fail_variant(std::string_view format, std::string_view variant);

// A row of values of 1, 2, 4 or 8 bits, the first in the highest bits, to one byte each, unscaled.
// packed holds (n_values * bits + 7) / 8 bytes or more.
void unpack_bits(const uint8_t* packed, unsigned bits, size_t n_values, uint8_t* values);

}  // namespace gulo
