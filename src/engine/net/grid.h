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

// Row numbers within a group, counted from 1: 0 stands for a blank row, which is what lies outside of a picture.
class GridRows {
 public:
  int64_t n_rows() const { return n_rows_; }
  // For each of three lines dy = -1, 0, 1: of each row of the group the three rows (y + dy, x - 1 .. x + 1), then
  // zeros for kSpareRows rows more.
  const int32_t* neighbours(int dy) const { return neighbours_.data() + (dy + 1) * line_size(); }
  // Of each 2 x 2 square the four rows, counted from 0; one at an odd edge names its first again.
  const int32_t* squares() const { return squares_.data(); }
  int64_t n_squares() const { return static_cast<int64_t>(squares_.size() / 4); }
  // Of each square the 4 x 4 rows that it lies in the middle of, line by line.
  const int32_t* patches() const { return patches_.data(); }

  // Does nothing where the sizes are those of the call before.
  void set(std::span<const GridSize> sizes);

  static constexpr int64_t kSpareRows = 16;

 private:
  // Of neighbours_, one line's numbers.
  int64_t line_size() const { return 3 * (n_rows_ + kSpareRows); }
  void add_neighbours(const GridSize& size, int32_t first_row);
  void add_squares(const GridSize& size, int32_t first_row);
  void add_patch(const GridSize& size, int32_t first_row, int32_t top, int32_t left);

  std::vector<GridSize> sizes_;
  std::vector<int32_t> neighbours_, squares_, patches_;
  int64_t n_rows_ = 0;
};

}  // namespace gulo
