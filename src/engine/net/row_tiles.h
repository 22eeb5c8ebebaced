// How functions over rows are cut into tiles and threads, and what each thread needs for its own.
#pragma once

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <numeric>
#include <vector>

#include "engine/net/tile_product.h"

namespace gulo {

// T is float, or uint16_t holding bf16.
template <class T>
constexpr at::ScalarType kScalar = sizeof(T) == 2 ? at::kBFloat16 : at::kFloat;

template <class T>
const T* read(const at::Tensor& tensor) {
  return static_cast<const T*>(tensor.const_data_ptr());
}

template <class T>
T* write(const at::Tensor& tensor) {
  return static_cast<T*>(tensor.mutable_data_ptr());
}

// A thread's own working memory for one tile.
template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t n) : storage_(at::empty({n}, kScalar<T>)), data_(write<T>(storage_)) {}
  operator T*() const { return data_; }

 private:
  at::Tensor storage_;
  T* data_;
};

struct Tile {
  int64_t begin, n_rows;
};

inline int64_t n_tiles(int64_t n_rows) { return (n_rows + kTileRows - 1) / kTileRows; }

inline Tile tile_at(int64_t index, int64_t n_rows) {
  return {index * kTileRows, std::min(kTileRows, n_rows - index * kTileRows)};
}

// Rows past a tile's two neighbours, zero: transposition takes rows by eight.
constexpr int64_t kHaloRows = 8;

// body(source row, row in the buffer, count) for the part of [begin - 1, begin + n_rows + 1) that exists; the rest of
// the buffer's n_rows + kHaloRows rows is zeroed. Buffer row 0 is source row begin - 1.
template <class T, class Body>
void with_neighbours(const Tile& tile, int64_t total_rows, int64_t width, T* buffer, const Body& body) {
  const int64_t first = std::max<int64_t>(0, tile.begin - 1);
  const int64_t last = std::min(total_rows, tile.begin + tile.n_rows + 1);
  const int64_t at = first - (tile.begin - 1), past = at + last - first;
  std::memset(buffer, 0, at * width * sizeof(T));
  body(first, at, last - first);
  std::memset(buffer + past * width, 0, (tile.n_rows + kHaloRows - past) * width * sizeof(T));
}

// Sums of every thread's share of the weights' gradients: one row a part, added up in the parts' order.
class GradientSums {
 public:
  explicit GradientSums(std::initializer_list<int64_t> sizes) : sizes_(sizes) {
    int64_t total = 0;
    for (int64_t size : sizes_) total += size;
    sums_ = at::zeros({n_parts(), total}, at::kFloat);
  }
  float* part(int64_t part, size_t index) const {
    return write<float>(sums_) + part * sums_.size(1) +
           std::accumulate(sizes_.begin(), sizes_.begin() + index, int64_t{0});
  }
  at::Tensor total(size_t index, at::IntArrayRef shape) {
    if (!total_.defined()) total_ = sums_.size(0) == 1 ? sums_[0] : sums_.sum(0);
    return total_.narrow(0, std::accumulate(sizes_.begin(), sizes_.begin() + index, int64_t{0}), sizes_[index])
        .view(shape);
  }

 private:
  std::vector<int64_t> sizes_;
  at::Tensor sums_, total_;
};

}  // namespace gulo
