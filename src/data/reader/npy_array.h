// An array in NumPy's .npy format, versions 1 to 3 (numpy.lib.format): numbers only, no records, no Python objects.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/reader/reader.h"

namespace gulo {

struct NpyArray {
  char code = 0;  // NumPy's: b bool, i int, u unsigned int, f float, S bytes, U text of 4-byte code points
  size_t value_bytes = 0;
  bool big_endian = false, fortran_order = false;
  std::vector<uint64_t> shape;
  std::span<const uint8_t> values;  // n_values() * value_bytes, into the file

  uint64_t n_values() const;
  std::string type_name() const;  // "int64"
};

inline bool is_npy(std::span<const uint8_t> head) {
  return head.size() >= 6 && head[0] == 0x93 && std::string_view(reinterpret_cast<const char*>(&head[1]), 5) == "NUMPY";
}

// Throws Error (kData): no such array, cut short, a shape that its bytes cannot hold, a type that is not one above.
NpyArray parse_npy(std::span<const uint8_t> file);

// The type that holds an array's numbers: uint8 of bool and uint8; int16 of int8 and int16; uint16; int32; float32 of
// the rest (uint32, int64, uint64 and float64 lose digits past the 7th, float16 none). Throws Error (kData) on text.
ValueType number_type(const NpyArray& array);

// All its numbers as number_type, in C order and this machine's byte order.
std::vector<uint8_t> npy_numbers(const NpyArray& array);

// Its values as text, in C order: whole numbers as such, text of S and U as UTF-8 without the zeros behind it.
std::vector<std::string> npy_texts(const NpyArray& array);

}  // namespace gulo
