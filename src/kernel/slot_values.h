// Values of items on a device, of any of the types that readers give.
#pragma once

#include <limits>

#include "kernel/host_device.h"

namespace gulo {

// In the order of data/reader/reader.h's ValueType.
enum class SlotValue : int32_t { kUint8, kUint16, kInt16, kInt32, kFloat32 };

// Value number `index` of bytes of any alignment.
template <class Value>
GULO_HOST_DEVICE inline Value value_at(const uint8_t* bytes, uint64_t index) {
  Value value;
  memcpy(&value, bytes + index * sizeof(Value), sizeof(Value));
  return value;
}

// Integers in units of their type's largest.
template <class Value>
GULO_HOST_DEVICE inline float in_unit(Value value) {
  constexpr float kUnit =
      std::numeric_limits<Value>::is_integer ? 1 / static_cast<float>(std::numeric_limits<Value>::max()) : 1.f;
  return static_cast<float>(value) * kUnit;
}

}  // namespace gulo
