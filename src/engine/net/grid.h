// The positions of pictures of any sizes, packed: one picture's rows of channels after the other's, none of them blank.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gulo {

struct GridSize {
  int32_t height = 0, width = 0;
  int64_t n_rows() const { return int64_t{height} * width; }
  bool operator==(const GridSize&) const = default;
};

// Pictures [begin, end) that one thread works on together, and their rows.
struct GridGroup {
  size_t begin, end;
  int64_t first_row, n_rows;
};

class GridLayout {
 public:
  explicit GridLayout(std::vector<GridSize> sizes);

  size_t n_pictures() const { return sizes_.size(); }
  int64_t n_rows() const { return first_rows_.back(); }
  int64_t first_row(size_t picture) const { return first_rows_[picture]; }
  std::span<const GridSize> sizes(const GridGroup& group) const {
    return std::span(sizes_).subspan(group.begin, group.end - group.begin);
  }
  const std::vector<GridSize>& sizes() const { return sizes_; }
  int64_t group_rows(size_t begin, size_t end) const { return first_rows_[end] - first_rows_[begin]; }

  // The layout after squares of 2 x 2 positions became one; at an odd edge a square is cut.
  GridLayout halved() const;
  // Groups of pictures of at least `least_rows` together, but for the last, among the pictures whose rows are the
  // part-th of n_parts shares.
  std::vector<GridGroup> groups(int64_t part, int64_t n_parts, int64_t least_rows) const;

 private:
  std::vector<GridSize> sizes_;
  std::vector<int64_t> first_rows_{0};
};

// Behind a group's rows there is room for so many more, which are read but mean nothing.
constexpr int64_t kSpareRows = 16;

// Rows of the pictures of one group, counted from 0.
class GridRows {
 public:
  int64_t n_rows() const { return n_rows_; }
  // Of each 2 x 2 square the four rows; one at an odd edge names its first again.
  const int32_t* squares() const { return squares_.data(); }
  int64_t n_squares() const { return static_cast<int64_t>(squares_.size() / 4); }

  // Returns false, and does nothing, where the sizes are those of the call before.
  bool set(std::span<const GridSize> sizes);

 private:
  void add_squares(const GridSize& size, int32_t first_row);

  std::vector<GridSize> sizes_;
  std::vector<int32_t> squares_;
  int64_t n_rows_ = 0;
};

// What follows counts a group's rows from 1: 0 stands for a blank row, which is what lies outside of a picture.

// For each of three lines dy = -1, 0, 1: of each row of the group the three rows (y + dy, x - 1 .. x + 1), then zeros
// for kSpareRows rows more.
std::vector<int32_t> neighbour_rows(std::span<const GridSize> sizes);

// Appends the (side + 2) x (side + 2) rows, line by line, that each square of side x side rows of a picture lies in the
// middle of. first_row: the picture's, counted from 0.
void append_patches(const GridSize& size, int32_t first_row, int32_t side, std::vector<int32_t>& patches);

}  // namespace gulo
