#include "data/fields.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "data/cells.h"

namespace gulo {
namespace {

TEST(Fields, WhatIsPackedComesBack) {
  const std::vector<uint8_t> picture{1, 2, 3, 4, 5, 6}, cells = pack_cells(std::vector<std::string>{"1.5", ""});
  const ItemShape pixels{.extents = {1, 2, 3}}, row{.extents = {2, 1, 1}};
  const ItemShape sound{.type = ValueType::kInt16, .extents = {0, 1, 1}, .rate_hz = 8000};
  const std::vector<ItemView> fields{{pixels, picture}, {sound, {}}, {row, cells}};
  const std::vector<uint8_t> packed = pack_fields(fields);
  const auto back = unpack_fields({{.extents = {3, 1, 1}}, packed}, 3);
  ASSERT_EQ(back.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(back[i].shape, fields[i].shape);
    EXPECT_TRUE(std::equal(back[i].bytes.begin(), back[i].bytes.end(), fields[i].bytes.begin(), fields[i].bytes.end()));
  }
  EXPECT_TRUE(is_missing(back[1]));
  EXPECT_EQ(CellsView(back[2].bytes, 2).text(0), "1.5");
}

TEST(Fields, DamagedOnesAreErrors) {
  const std::vector<uint8_t> content{1, 2, 3};
  const std::vector<ItemView> fields{bytes_view(content)};
  const std::vector<uint8_t> packed = pack_fields(fields);
  const auto unpack = [](std::span<const uint8_t> bytes, uint32_t n) {
    return error_text(ErrorKind::kData, [&] { unpack_fields({{.extents = {n, 1, 1}}, bytes}, n); });
  };
  for (size_t n = 0; n < packed.size(); ++n) unpack(std::span(packed).first(n), 1);
  unpack(packed, 2);
  std::vector<uint8_t> lying = packed;
  lying[7] = 255;
  unpack(lying, 1);
}

}  // namespace
}  // namespace gulo
