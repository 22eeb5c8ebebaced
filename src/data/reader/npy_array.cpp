#include "data/reader/npy_array.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "data/reader/file_bytes.h"

namespace gulo {
namespace {

constexpr size_t kMostAxes = 32;

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::kData, "the NumPy array cannot be read: " + why, "save it again by numpy.save");
}

// The header is the text of a Python dict: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class NpyHeader {
 public:
  explicit NpyHeader(std::string_view text) : text_(text) {}

  std::string_view quoted(std::string_view key) const {
    std::string_view rest = behind(key);
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"')) fail("it holds records or Python objects");
    const size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos) fail("its header is damaged");
    return rest.substr(1, end - 1);
  }

  bool boolean(std::string_view key) const {
    const std::string_view rest = behind(key);
    if (!rest.starts_with("True") && !rest.starts_with("False")) fail("its header is damaged");
    return rest.starts_with("True");
  }

  std::vector<uint64_t> sizes(std::string_view key) const {
    std::string_view rest = behind(key);
    if (!rest.starts_with('(') || rest.find(')') == std::string_view::npos) fail("its header is damaged");
    rest = rest.substr(1, rest.find(')') - 1);
    std::vector<uint64_t> sizes;
    while (!skip(rest, " ,").empty()) {
      rest = skip(rest, " ,");
      uint64_t size = 0;
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
      if (error != std::errc() || sizes.size() == kMostAxes) fail("its shape is damaged");
      sizes.push_back(size);
      rest.remove_prefix(static_cast<size_t>(end - rest.data()));
      if (rest.starts_with('L')) rest.remove_prefix(1);  // of Python 2
    }
    return sizes;
  }

 private:
  static std::string_view skip(std::string_view text, std::string_view what) {
    text.remove_prefix(std::min(text.find_first_not_of(what), text.size()));
    return text;
  }

  std::string_view behind(std::string_view key) const {
    const size_t at = text_.find(fmt::format("'{}'", key));
    if (at == std::string_view::npos) fail(fmt::format("its header has no {}", key));
    std::string_view rest = skip(text_.substr(at + key.size() + 2), " ");
    if (!rest.starts_with(':')) fail("its header is damaged");
    return skip(rest.substr(1), " ");
  }

  std::string_view text_;
};

// '<f8' -> f, 8 bytes, little-endian.
void parse_type(std::string_view text, NpyArray& array) {
  array.big_endian = text.starts_with('>') || text.starts_with('!');
  if (!text.empty() && std::string_view("<>=|!").find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  const std::string name(text);
  if (text.size() < 2) fail("its type is damaged");
  array.code = text[0];
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), array.value_bytes);
  if (error != std::errc() || end != text.data() + text.size())
    fail("its type '" + name + "' is no plain number or text");
  if (array.code == 'U') {
    if (array.value_bytes > (size_t{1} << 40)) fail("its type is damaged");
    array.value_bytes *= 4;
  }
  const size_t n = array.value_bytes;
  const bool known = array.code == 'b'                        ? n == 1
                     : array.code == 'i' || array.code == 'u' ? n == 1 || n == 2 || n == 4 || n == 8
                     : array.code == 'f'                      ? n == 2 || n == 4 || n == 8
                                                              : array.code == 'S' || array.code == 'U';
  if (!known) fail("its type '" + name + "' is no plain number or text");
}

// Bytes of all values; fails before anything overflows.
uint64_t bytes_of(const NpyArray& array) {
  uint64_t n_bytes = array.value_bytes;
  for (const uint64_t size : array.shape) {
    if (size > 0 && n_bytes > std::numeric_limits<uint64_t>::max() / size) fail("its shape is larger than any file");
    n_bytes *= size;
  }
  return n_bytes;
}

template <class T>
T value_in_order(const uint8_t* from, bool big_endian) {
  uint8_t bytes[sizeof(T)];
  std::memcpy(bytes, from, sizeof(T));
  if (big_endian) std::reverse(bytes, bytes + sizeof(T));
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

// IEEE 754 binary16.
float half_to_float(uint16_t half) {
  const float sign = half & 0x8000 ? -1.f : 1.f;
  const int exponent = half >> 10 & 31;
  const auto fraction = static_cast<float>(half & 1023);
  if (exponent == 31)
    return fraction > 0 ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  return exponent == 0 ? sign * std::ldexp(fraction, -24) : sign * std::ldexp(fraction + 1024, exponent - 25);
}

// Calls use(value) with the number at `from` in its own type.
template <class Use>
void with_number(const NpyArray& array, const uint8_t* from, const Use& use) {
  const bool big = array.big_endian;
  const auto signed_value = [&] {
    switch (array.value_bytes) {
      case 1:
        return use(static_cast<int8_t>(*from));
      case 2:
        return use(value_in_order<int16_t>(from, big));
      case 4:
        return use(value_in_order<int32_t>(from, big));
      default:
        return use(value_in_order<int64_t>(from, big));
    }
  };
  const auto unsigned_value = [&] {
    switch (array.value_bytes) {
      case 1:
        return use(*from);
      case 2:
        return use(value_in_order<uint16_t>(from, big));
      case 4:
        return use(value_in_order<uint32_t>(from, big));
      default:
        return use(value_in_order<uint64_t>(from, big));
    }
  };
  switch (array.code) {
    case 'i':
      return signed_value();
    case 'f':
      if (array.value_bytes == 2) return use(half_to_float(value_in_order<uint16_t>(from, big)));
      return array.value_bytes == 4 ? use(value_in_order<float>(from, big)) : use(value_in_order<double>(from, big));
    default:
      return unsigned_value();
  }
}

// Calls visit(number in C order, where it lies) for every value.
template <class Visit>
void for_each_value(const NpyArray& array, const Visit& visit) {
  const uint64_t n_values = array.n_values();
  const uint8_t* const values = array.values.data();
  if (!array.fortran_order || array.shape.size() < 2) {
    for (uint64_t i = 0; i < n_values; ++i) visit(i, values + i * array.value_bytes);
    return;
  }
  std::vector<uint64_t> place(array.shape.size(), 0), stride(array.shape.size(), 1);
  for (size_t axis = 1; axis < stride.size(); ++axis) stride[axis] = stride[axis - 1] * array.shape[axis - 1];
  for (uint64_t i = 0; i < n_values; ++i) {
    uint64_t at = 0;
    for (size_t axis = 0; axis < place.size(); ++axis) at += place[axis] * stride[axis];
    visit(i, values + at * array.value_bytes);
    for (size_t axis = place.size(); axis-- > 0;) {
      if (++place[axis] < array.shape[axis]) break;
      place[axis] = 0;
    }
  }
}

template <class T>
std::vector<uint8_t> numbers_as(const NpyArray& array) {
  std::vector<uint8_t> bytes(array.n_values() * sizeof(T));
  for_each_value(array, [&](uint64_t i, const uint8_t* from) {
    with_number(array, from, [&](auto number) {
      const T value = static_cast<T>(number);
      std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
    });
  });
  return bytes;
}

void append_utf8(uint32_t code, std::string& text) {
  if (code >= 0xD800 && (code < 0xE000 || code > 0x10FFFF)) code = 0xFFFD;
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int n_more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr uint8_t kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kFirst[n_more] | code >> 6 * n_more);
  for (int i = n_more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> 6 * i & 0x3F));
}

std::string text_value(const NpyArray& array, const uint8_t* from) {
  std::string text;
  if (array.code == 'S') {
    text.assign(reinterpret_cast<const char*>(from), array.value_bytes);
    return text.substr(0, text.find_last_not_of('\0') + 1);
  }
  for (size_t at = 0; at < array.value_bytes; at += 4)
    if (const auto code = value_in_order<uint32_t>(from + at, array.big_endian)) append_utf8(code, text);
  return text;
}

}  // namespace

uint64_t NpyArray::n_values() const {
  uint64_t n = 1;
  for (const uint64_t size : shape) n *= size;
  return n;
}

std::string NpyArray::type_name() const {
  if (code == 'b') return "bool";
  if (code == 'S' || code == 'U') return "text";
  return fmt::format("{}{}", code == 'i' ? "int" : code == 'u' ? "uint" : "float", 8 * value_bytes);
}

NpyArray parse_npy(std::span<const uint8_t> file) {
  if (!is_npy(file)) fail("it does not begin as one");
  if (file.size() < 12) fail("it is cut short");
  if (file[6] < 1 || file[6] > 3) fail(fmt::format("its version {} is not known", file[6]));
  const size_t head_bytes = file[6] == 1 ? 10 : 12;
  const size_t header_bytes = file[6] == 1 ? little16(file, 8) : little32(file, 8);
  if (header_bytes > file.size() - head_bytes) fail("it is cut short");
  const NpyHeader header({reinterpret_cast<const char*>(file.data()) + head_bytes, header_bytes});
  NpyArray array;
  parse_type(header.quoted("descr"), array);
  array.fortran_order = header.boolean("fortran_order");
  array.shape = header.sizes("shape");
  const uint64_t n_bytes = bytes_of(array);
  const std::span<const uint8_t> values = file.subspan(head_bytes + header_bytes);
  if (n_bytes > values.size()) fail(fmt::format("its shape needs {} bytes and it has {}", n_bytes, values.size()));
  // Of an axis of no values, or a type of no bytes, the others may be as large as they like.
  if (n_bytes == 0) fail("it is empty");
  array.values = values.first(n_bytes);
  return array;
}

ValueType number_type(const NpyArray& array) {
  const size_t n = array.value_bytes;
  switch (array.code) {
    case 'b':
      return ValueType::kUint8;
    case 'u':
      return n == 1 ? ValueType::kUint8 : n == 2 ? ValueType::kUint16 : ValueType::kFloat32;
    case 'i':
      return n <= 2 ? ValueType::kInt16 : n == 4 ? ValueType::kInt32 : ValueType::kFloat32;
    case 'f':
      return ValueType::kFloat32;
    default:
      fail("it holds text where numbers are needed");
  }
}

std::vector<uint8_t> npy_numbers(const NpyArray& array) {
  switch (number_type(array)) {
    case ValueType::kUint8:
      return numbers_as<uint8_t>(array);
    case ValueType::kUint16:
      return numbers_as<uint16_t>(array);
    case ValueType::kInt16:
      return numbers_as<int16_t>(array);
    case ValueType::kInt32:
      return numbers_as<int32_t>(array);
    case ValueType::kFloat32:
      break;
  }
  return numbers_as<float>(array);
}

std::vector<std::string> npy_texts(const NpyArray& array) {
  std::vector<std::string> texts(array.n_values());
  const bool is_text = array.code == 'S' || array.code == 'U';
  for_each_value(array, [&](uint64_t i, const uint8_t* from) {
    if (is_text)
      texts[i] = text_value(array, from);
    else
      with_number(array, from, [&](auto number) { texts[i] = fmt::format("{}", number); });
  });
  return texts;
}

}  // namespace gulo
