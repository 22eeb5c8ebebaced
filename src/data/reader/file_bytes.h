// Small reads from a file's bytes that look where it ends.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace gulo {

// Whether the bytes from `at` on are `magic`; a literal with zero bytes inside needs its length: {"BM\0\0", 4}.
inline bool has_bytes_at(std::span<const uint8_t> file, size_t at, std::string_view magic) {
  return at <= file.size() && magic.size() <= file.size() - at &&
         std::memcmp(file.data() + at, magic.data(), magic.size()) == 0;
}

inline bool begins_with(std::span<const uint8_t> file, std::string_view magic) { return has_bytes_at(file, 0, magic); }

// Little-endian; the caller has checked that file holds at + the number's bytes.
inline uint16_t little16(std::span<const uint8_t> file, size_t at) {
  return static_cast<uint16_t>(file[at] | file[at + 1] << 8);
}
inline uint32_t little32(std::span<const uint8_t> file, size_t at) {
  return little16(file, at) | uint32_t{little16(file, at + 2)} << 16;
}

}  // namespace gulo
