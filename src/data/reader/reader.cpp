#include "data/reader/reader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace gulo {
namespace {

constexpr std::array<std::string_view, 5> kKindNames = {"bytes", "samples", "pixels", "cells", "fields"};

template <class T>
void scale_values(std::span<const uint8_t> bytes, std::span<float> out) {
  const float unit = std::is_integral_v<T> ? 1 / static_cast<float>(std::numeric_limits<T>::max()) : 1;
  for (size_t i = 0; i < bytes.size() / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    out[i] = unit * static_cast<float>(value);
  }
}

}  // namespace

void values_as_float(const ItemView& view, std::span<float> out) {
  switch (view.shape.type) {
    case ValueType::kUint8:
      return scale_values<uint8_t>(view.bytes, out);
    case ValueType::kUint16:
      return scale_values<uint16_t>(view.bytes, out);
    case ValueType::kInt16:
      return scale_values<int16_t>(view.bytes, out);
    case ValueType::kInt32:
      return scale_values<int32_t>(view.bytes, out);
    case ValueType::kFloat32:
      return scale_values<float>(view.bytes, out);
  }
}

std::string_view kind_name(Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

Kind kind_from_name(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  require(found != kKindNames.end(), ErrorKind::kUsage, "there is no kind '" + std::string(name) + "'",
          "the kinds are bytes, samples, pixels, cells");
  return static_cast<Kind>(found - kKindNames.begin());
}

size_t value_bytes(ValueType type) {
  constexpr std::array<size_t, 5> kBytes = {1, 2, 2, 4, 4};
  return kBytes[static_cast<size_t>(type)];
}

const Reader* find_reader(std::span<const uint8_t> file) {
  const auto head = file.first(std::min(file.size(), kReaderHeadBytes));
  for (const Reader& reader : readers())
    if (reader.recognises(head)) return &reader;
  return nullptr;
}

}  // namespace gulo
