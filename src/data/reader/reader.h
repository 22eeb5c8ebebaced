// A reader opens a container into the values that it denotes, and does nothing else to them: a JPEG file becomes
// pixels, a WAV file samples. One file a format, all alike; reader.cpp holds the one list of them (docs/formats.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gulo {

// What an item's axes are.
enum class Kind : uint8_t { kBytes, kSamples, kPixels, kCells, kFields };

std::string_view kind_name(Kind kind);  // "bytes", "samples", "pixels", "cells", "fields"
// Throws Error (kUsage).
Kind kind_from_name(std::string_view name);

enum class ValueType : uint8_t { kUint8, kUint16, kInt16, kInt32, kFloat32 };

size_t value_bytes(ValueType type);

// The axes of one item. bytes [L, 1, 1]; samples [T, C, 1]; pixels [H, W, C], C = 1 grey, 2 grey and alpha, 3 RGB,
// 4 RGB and alpha; cells [F, 1, 1]; fields [F, 1, 1] (data/fields.h).
struct ItemShape {
  ValueType type = ValueType::kUint8;
  std::array<uint32_t, 3> extents{0, 1, 1};
  uint32_t rate_hz = 0;  // of sound: samples a second; 0: not known

  uint64_t n_values() const { return uint64_t{extents[0]} * extents[1] * extents[2]; }
  uint64_t n_bytes() const { return n_values() * value_bytes(type); }
  bool operator==(const ItemShape&) const = default;
};

// An item as read: values in C order and this machine's byte order. bytes.size() == shape.n_bytes().
struct RawItem {
  ItemShape shape;
  std::vector<uint8_t> bytes;
};

// An item that lies elsewhere.
struct ItemView {
  ItemShape shape;
  std::span<const uint8_t> bytes;
};

inline ItemView bytes_view(std::span<const uint8_t> bytes) {
  return {{.extents = {static_cast<uint32_t>(bytes.size()), 1, 1}}, bytes};
}

// Values as float, C order, in their type's own unit: integers are divided by their type's largest value (uint8 255,
// int16 32767), floats are as they are. out.size() >= view.shape.n_values().
void values_as_float(const ItemView& view, std::span<float> out);

// What a file may ask for, before memory is taken: a header of 30 bytes can claim 10^10 pixels.
struct ReadLimits {
  uint64_t max_bytes = uint64_t{1} << 30;  // of an item's values
};

struct Reader {
  std::string_view name;  // "JPEG"
  Kind kind;
  // Whether a file that begins so is this format's; `head` is the first 512 bytes, or the whole of a shorter file.
  bool (*recognises)(std::span<const uint8_t> head);
  // Throws Error (kData): cut short, damaged, larger than the limits, or a variant of the format that is not read.
  // Never reads outside of `file`, whatever is in it.
  RawItem (*read)(std::span<const uint8_t> file, const ReadLimits& limits);
};

inline constexpr size_t kReaderHeadBytes = 512;

// All readers of this build, in the order in which they are asked.
std::span<const Reader> readers();
// Null where no reader recognises the file.
const Reader* find_reader(std::span<const uint8_t> file);

}  // namespace gulo
