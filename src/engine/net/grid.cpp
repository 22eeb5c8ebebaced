#include "engine/net/grid.h"

#include <algorithm>

namespace gulo {

GridLayout::GridLayout(std::vector<GridSize> sizes) : sizes_(std::move(sizes)) {
  first_rows_.reserve(sizes_.size() + 1);
  for (const GridSize& size : sizes_) first_rows_.push_back(first_rows_.back() + size.n_rows());
}

GridLayout GridLayout::halved() const {
  std::vector<GridSize> sizes;
  sizes.reserve(sizes_.size());
  for (const GridSize& size : sizes_) sizes.push_back({(size.height + 1) / 2, (size.width + 1) / 2});
  return GridLayout(std::move(sizes));
}

std::vector<GridGroup> GridLayout::groups(int64_t part, int64_t n_parts, int64_t least_rows) const {
  const auto cut = [&](int64_t which) {
    const auto at = std::lower_bound(first_rows_.begin(), first_rows_.end(), n_rows() * which / n_parts);
    return static_cast<size_t>(at - first_rows_.begin());
  };
  std::vector<GridGroup> groups;
  const size_t end = cut(part + 1);
  for (size_t begin = cut(part); begin < end;) {
    size_t next = begin + 1;
    while (next < end && group_rows(begin, next) < least_rows) ++next;
    groups.push_back({begin, next, first_rows_[begin], group_rows(begin, next)});
    begin = next;
  }
  return groups;
}

bool GridRows::set(std::span<const GridSize> sizes) {
  if (std::equal(sizes.begin(), sizes.end(), sizes_.begin(), sizes_.end())) return false;
  sizes_.assign(sizes.begin(), sizes.end());
  squares_.clear();
  n_rows_ = 0;
  for (const GridSize& size : sizes) {
    add_squares(size, static_cast<int32_t>(n_rows_));
    n_rows_ += size.n_rows();
  }
  return true;
}

void GridRows::add_squares(const GridSize& size, int32_t first_row) {
  for (int32_t y = 0; y < size.height; y += 2)
    for (int32_t x = 0; x < size.width; x += 2) {
      const int32_t row = first_row + y * size.width + x;
      const bool right = x + 1 < size.width, below = y + 1 < size.height;
      const int32_t square[4] = {row, right ? row + 1 : row, below ? row + size.width : row,
                                 right && below ? row + size.width + 1 : row};
      squares_.insert(squares_.end(), square, square + 4);
    }
}

std::vector<int32_t> neighbour_rows(std::span<const GridSize> sizes) {
  int64_t n_rows = 0;
  for (const GridSize& size : sizes) n_rows += size.n_rows();
  const int64_t line = 3 * (n_rows + kSpareRows);
  std::vector<int32_t> neighbours(static_cast<size_t>(3 * line), 0);
  for (int32_t dy = -1; dy <= 1; ++dy) {
    int32_t *out = neighbours.data() + (dy + 1) * line, first_row = 0;
    for (const GridSize& size : sizes) {
      for (int32_t y = dy; y < size.height + dy; ++y)
        for (int32_t x = 0; x < size.width; ++x, out += 3) {
          if (y < 0 || y >= size.height) continue;
          const int32_t row = first_row + y * size.width + x + 1;
          out[0] = x > 0 ? row - 1 : 0;
          out[1] = row;
          out[2] = x + 1 < size.width ? row + 1 : 0;
        }
      first_row += static_cast<int32_t>(size.n_rows());
    }
  }
  return neighbours;
}

void append_patches(const GridSize& size, int32_t first_row, int32_t side, std::vector<int32_t>& patches) {
  const auto add_patch = [&](int32_t top, int32_t left) {
    for (int32_t y = top; y < top + side + 2; ++y)
      for (int32_t x = left; x < left + side + 2; ++x) {
        const bool inside = y >= 0 && y < size.height && x >= 0 && x < size.width;
        patches.push_back(inside ? first_row + y * size.width + x + 1 : 0);
      }
  };
  for (int32_t y = 0; y < size.height; y += side)
    for (int32_t x = 0; x < size.width; x += side) add_patch(y - 1, x - 1);
}

}  // namespace gulo
