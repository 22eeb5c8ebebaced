#include "data/reader/pnm_reader.h"

#include <cstring>

#include "data/reader/file_bytes.h"
#include "data/reader/picture.h"

namespace gulo {
namespace {

constexpr std::string_view kPnm = "PNM";

bool is_blank(uint8_t byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

// The words of the header, and those of the text formats.
class Scanner {
 public:
  explicit Scanner(std::span<const uint8_t> left) : left_(left) {}

  uint32_t number() {
    skip_blanks();
    if (!is_digit(peek())) fail_damaged(kPnm, "a number is missing");
    uint64_t value = 0;
    while (!left_.empty() && is_digit(left_[0])) {
      value = value * 10 + (left_[0] - '0');
      if (value > UINT32_MAX) fail_damaged(kPnm, "a number is far too large");
      left_ = left_.subspan(1);
    }
    return static_cast<uint32_t>(value);
  }

  // P1 needs no blanks between its digits.
  uint32_t bit() {
    skip_blanks();
    const uint8_t digit = peek();
    if (digit != '0' && digit != '1') fail_damaged(kPnm, "a bit is neither 0 nor 1");
    left_ = left_.subspan(1);
    return digit - '0';
  }

  // What follows upon the single blank that ends a binary format's header.
  std::span<const uint8_t> rest() {
    if (!is_blank(peek())) fail_damaged(kPnm, "no blank after the header");
    return left_.subspan(1);
  }

 private:
  uint8_t peek() const {
    if (left_.empty()) fail_cut_short(kPnm);
    return left_[0];
  }

  void skip_blanks() {
    bool in_comment = false;
    for (; !left_.empty(); left_ = left_.subspan(1)) {
      if (left_[0] == '#') in_comment = true;
      if (left_[0] == '\n' || left_[0] == '\r') in_comment = false;
      if (!in_comment && !is_blank(left_[0])) return;
    }
  }

  std::span<const uint8_t> left_;
};

struct PnmHeader {
  bool is_text = false, is_bits = false;
  PictureSize size;
  uint32_t max_value = 1;
};

PnmHeader read_pnm_header(uint8_t digit, Scanner& scanner) {
  PnmHeader header;
  header.is_text = digit <= '3';
  header.is_bits = digit == '1' || digit == '4';
  header.size.width = scanner.number();
  header.size.height = scanner.number();
  header.size.n_channels = digit == '3' || digit == '6' ? 3 : 1;
  if (!header.is_bits) header.max_value = scanner.number();
  if (header.max_value == 0 || header.max_value > 65535)
    fail_damaged(kPnm, "its largest value is not between 1 and 65535");
  return header;
}

class Painter {
 public:
  Painter(const PnmHeader& header, RawItem& item) : header_(header), item_(item), wide_(header.max_value > 255) {}

  void add(uint32_t value) {
    if (value > header_.max_value) fail_damaged(kPnm, "a value is above the largest one");
    if (header_.is_bits) value = 1 - value;  // 1 is black
    const uint32_t full = wide_ ? 65535 : 255;
    const uint32_t in_unit =
        static_cast<uint32_t>((uint64_t{value} * full + header_.max_value / 2) / header_.max_value);
    if (wide_) {
      const auto two_bytes = static_cast<uint16_t>(in_unit);
      std::memcpy(item_.bytes.data() + 2 * n_++, &two_bytes, 2);
    } else {
      item_.bytes[n_++] = static_cast<uint8_t>(in_unit);
    }
  }

 private:
  const PnmHeader& header_;
  RawItem& item_;
  bool wide_;
  size_t n_ = 0;
};

void paint_bits(std::span<const uint8_t> packed, const PictureSize& size, Painter& painter) {
  const size_t row_bytes = (size.width + 7) / 8;
  std::vector<uint8_t> row(size.width);
  for (uint64_t y = 0; y < size.height; ++y) {
    unpack_bits(packed.data() + y * row_bytes, 1, size.width, row.data());
    for (const uint8_t bit : row) painter.add(bit);
  }
}

void paint_binary(std::span<const uint8_t> values, const PnmHeader& header, uint64_t n_values, Painter& painter) {
  if (header.is_bits) return paint_bits(values, header.size, painter);
  for (uint64_t i = 0; i < n_values; ++i)  // two bytes: the higher one first
    painter.add(header.max_value < 256 ? values[i] : uint32_t{values[2 * i]} << 8 | values[2 * i + 1]);
}

// The least that a file of that header must have beyond it.
uint64_t least_bytes(const PnmHeader& header, uint64_t n_values) {
  if (header.is_text) return header.is_bits ? n_values : 2 * n_values - 1;
  if (header.is_bits) return (header.size.width + 7) / 8 * header.size.height;
  return n_values * (header.max_value < 256 ? 1 : 2);
}

}  // namespace

bool is_pnm(std::span<const uint8_t> head) {
  return head.size() > 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6' && is_blank(head[2]) &&
         (is_digit(head[3]) || head[3] == '#');
}

RawItem read_pnm(std::span<const uint8_t> file, const ReadLimits& limits) {
  if (file.size() < 3) fail_cut_short(kPnm);
  Scanner scanner(file.subspan(2));
  const PnmHeader header = read_pnm_header(file[1], scanner);
  const ValueType type = header.max_value < 256 ? ValueType::kUint8 : ValueType::kUint16;
  check_picture(kPnm, header.size, type, limits);
  const uint64_t n_values = header.size.height * header.size.width * header.size.n_channels;
  const std::span<const uint8_t> values = scanner.rest();
  if (values.size() < least_bytes(header, n_values)) fail_cut_short(kPnm);

  RawItem item = new_picture(kPnm, header.size, type, limits);
  Painter painter(header, item);
  if (header.is_text) {
    for (uint64_t i = 0; i < n_values; ++i) painter.add(header.is_bits ? scanner.bit() : scanner.number());
  } else {
    paint_binary(values, header, n_values, painter);
  }
  return item;
}

}  // namespace gulo
