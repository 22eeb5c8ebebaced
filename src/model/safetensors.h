// The safetensors format (https://github.com/huggingface/safetensors): u64 little-endian header size, a JSON header,
// then the tensors' bytes. Written whole or not at all; read by mapping, with every field checked before it is used.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace gulo {

// A tensor that somebody else owns. dtype as the format names it: "F32", "F16", "BF16", "I8", "U8", "U32", "U64".
struct TensorView {
  std::string dtype;
  std::vector<uint64_t> shape;
  std::span<const uint8_t> bytes;

  uint64_t n_elements() const;
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(bytes.data());
  }
};

using TensorMap = std::map<std::string, TensorView>;

// Throws Error (kData) that names the tensor: absent, of another type or shape.
const TensorView& require_tensor(const TensorMap& tensors, const std::string& name, const std::string& dtype,
                                 const std::vector<uint64_t>& shape);

template <class T>
std::span<const uint8_t> bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size() * sizeof(T)};
}

// A mapped safetensors file; the views point into the map and live as long as this object. What write_safetensors wrote
// is aligned to its elements always, and to 64 bytes where the tensor's size is a multiple of 64; other files to their
// elements.
struct SafetensorsFile {
  MappedFile file;
  TensorMap tensors;
  std::map<std::string, std::string> metadata;
};

// `metadata` gets one more key, "xxh3": XXH3-64 (hex) of the whole file with that value's digits taken as zeros;
// reading verifies it where it is present. Throws Error (kDevice) when the file cannot be written.
void write_safetensors(const std::string& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata);
// True where the bytes begin as such a file does: a header length that is not absurd, then '{'.
bool looks_like_safetensors(std::span<const uint8_t> bytes);
// Throws Error (kData) naming the field: cut short, bytes left over, offsets that overlap or overflow, unknown dtype,
// checksum.
SafetensorsFile read_safetensors(const std::string& path);

}  // namespace gulo
