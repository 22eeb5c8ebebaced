#include "model/utf8.h"

#include <fmt/format.h>

#include <cstdint>

namespace gulo {
namespace {

// Bytes of the valid sequence that starts `text`, or 0. The second byte's range depends on the first (RFC 3629, table
// 3).
size_t sequence_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto within = [](uint8_t value, uint8_t low, uint8_t high) { return low <= value && value <= high; };
  const auto tail = [&](size_t i) { return within(byte(i), 0x80, 0xBF); };
  const uint8_t first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (within(first, 0xC2, 0xDF)) return tail(1) ? 2 : 0;
  if (within(first, 0xE0, 0xEF)) {
    const uint8_t low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return within(second, low, high) && tail(2) ? 3 : 0;
  }
  if (within(first, 0xF0, 0xF4)) {
    const uint8_t low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return within(second, low, high) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t n_bytes = sequence_bytes(text);
    if (n_bytes == 0) {
      valid += fmt::format("\\x{:02X}", static_cast<uint8_t>(text.front()));
    } else {
      valid += text.substr(0, n_bytes);
    }
    text.remove_prefix(n_bytes == 0 ? 1 : n_bytes);
  }
  return valid;
}

}  // namespace gulo
