// For tests: what a reader made of a file.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/expect_error.h"
#include "data/reader/reader.h"

namespace gulo {

inline void expect_same_picture(const RawItem& read, const RawItem& expected) {
  EXPECT_EQ(read.shape.type, expected.shape.type);
  EXPECT_EQ(read.shape.extents, expected.shape.extents);
  EXPECT_EQ(read.bytes, expected.bytes);
}

// Of uint8 pictures: no value is further off than `tolerance`.
inline void expect_near_picture(const RawItem& read, const RawItem& expected, int tolerance) {
  ASSERT_EQ(read.shape.extents, expected.shape.extents);
  int largest = 0;
  for (size_t i = 0; i < read.bytes.size(); ++i)
    largest = std::max(largest, std::abs(int{read.bytes[i]} - int{expected.bytes[i]}));
  EXPECT_LE(largest, tolerance);
}

// Every file that is cut to one of `lengths` must say so.
template <class Read>
void expect_cut_short(const std::vector<uint8_t>& file, std::initializer_list<double> parts, const Read& read) {
  for (const double part : parts) {
    const std::vector<uint8_t> cut(file.begin(),
                                   file.begin() + static_cast<ptrdiff_t>(part * static_cast<double>(file.size())));
    const std::string said = error_text(ErrorKind::kData, [&] { read(cut, ReadLimits{}); });
    EXPECT_NE(said.find("cut short"), std::string::npos) << part << ": " << said;
  }
}

// `file` says that its picture is too large for max_bytes.
template <class Read>
void expect_too_large(const std::vector<uint8_t>& file, uint64_t max_bytes, const Read& read) {
  const std::string said = error_text(ErrorKind::kData, [&] { read(file, ReadLimits{.max_bytes = max_bytes}); });
  EXPECT_NE(said.find("too large"), std::string::npos) << said;
}

// What an Error says must have `part` in it.
template <class Read>
void expect_refused(const std::vector<uint8_t>& file, std::string_view part, const Read& read) {
  const std::string said = error_text(ErrorKind::kData, [&] { read(file, ReadLimits{}); });
  EXPECT_NE(said.find(part), std::string::npos) << said;
}

}  // namespace gulo
