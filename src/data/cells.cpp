#include "data/cells.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace gulo {
namespace {

constexpr size_t kHeadBytesPerCell = sizeof(float) + sizeof(uint32_t);

template <class T>
T load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace

float cell_number(std::string_view text) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return kNone;
  text = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? static_cast<float>(value) : kNone;
}

std::vector<uint8_t> pack_cells(std::span<const std::string> cells) {
  size_t n_bytes = cells.size() * kHeadBytesPerCell;
  for (const std::string& cell : cells) n_bytes += cell.size();
  std::vector<uint8_t> bytes(n_bytes);
  uint8_t *numbers = bytes.data(), *lengths = numbers + cells.size() * sizeof(float),
          *text = bytes.data() + cells.size() * kHeadBytesPerCell;
  for (const std::string& cell : cells) {
    const float number = cell_number(cell);
    const auto length = static_cast<uint32_t>(cell.size());
    std::memcpy(numbers, &number, sizeof(number));
    std::memcpy(lengths, &length, sizeof(length));
    text = std::ranges::copy(cell, text).out;
    numbers += sizeof(number);
    lengths += sizeof(length);
  }
  return bytes;
}

CellsView::CellsView(std::span<const uint8_t> bytes, size_t n_cells) {
  const auto check = [](bool good) { require(good, ErrorKind::kData, "a row of cells is damaged"); };
  check(bytes.size() / kHeadBytesPerCell >= n_cells);
  size_t at = n_cells * kHeadBytesPerCell;
  for (size_t i = 0; i < n_cells; ++i) {
    const auto length = load<uint32_t>(bytes.data() + n_cells * sizeof(float) + i * sizeof(uint32_t));
    check(length <= bytes.size() - at);
    numbers_.push_back(load<float>(bytes.data() + i * sizeof(float)));
    texts_.emplace_back(reinterpret_cast<const char*>(bytes.data()) + at, length);
    at += length;
  }
  check(at == bytes.size());
}

}  // namespace gulo
