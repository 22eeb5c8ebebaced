// Matrix products of tiles that stay in cache: product [n_rows, n] = a [n_rows, k] * b [k, n], accumulated in float.
//
// oneDNN's small product ("brgemm", through LibTorch) reaches the speed of its large one on tiles of 64 rows and more,
// and leaves the result in L2 where the fused row kernels find it. `a` may overlap itself: with stride == width and k
// == 3 * width, row r of `a` is the rows r, r + 1, r + 2 of the activations, and the three are never copied together.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gulo {

constexpr int64_t kTileRows = 128;

// kFloat, and kBFloat16 where the CPU multiplies it natively (AVX512-BF16, AMX; emulated it is tens of times slower)
// and a product comes out right when tried.
std::vector<at::ScalarType> usable_dtypes();

// That of them which is faster here, where bf16 takes so many times the products that float takes. Tried once: with AMX
// bf16 multiplies several times as fast as float, with AVX512-BF16 alone it takes half a float's time on some CPUs and
// twice as long on others.
at::ScalarType fastest_dtype(double bf16_products = 1);

// A right-hand matrix in the layout that the product wants: rows of float, or pairs of rows of bf16 interleaved. T is
// float, or uint16_t holding bf16. k is even; k and n are multiples of 16.
template <class T>
class TileMatrix {
 public:
  TileMatrix(int64_t k, int64_t n);
  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  const T* data() const;
  T* mutable_data();

  // b = the activations [k, n] at `rows`.
  void set_rows(const T* rows, int64_t stride);
  // b = weight [k, n], a contiguous float matrix.
  void set_weight(const float* weight);
  // b = transposed weight, which is [n, k].
  void set_transposed_weight(const float* weight) { set_transposed_weight(weight, 0, k_); }
  // Rows [first_k, first_k + part_k) of b = transposed weight, which is [n, part_k].
  void set_transposed_weight(const float* weight, int64_t first_k, int64_t part_k);

  // product [n_rows, n] = (add ? product : 0) + a * b. Call release_tile_hardware() when a thread has done its last
  // one.
  void multiply(int64_t n_rows, const T* a, int64_t a_stride, float* product, bool add = false) const;

 private:
  int64_t k_, n_;
  at::Tensor storage_;
};

template <>
void TileMatrix<float>::set_rows(const float* rows, int64_t stride);
template <>
void TileMatrix<uint16_t>::set_rows(const uint16_t* rows, int64_t stride);
template <>
void TileMatrix<float>::set_weight(const float* weight);
template <>
void TileMatrix<uint16_t>::set_weight(const float* weight);
template <>
void TileMatrix<float>::set_transposed_weight(const float* weight, int64_t first_k, int64_t part_k);
template <>
void TileMatrix<uint16_t>::set_transposed_weight(const float* weight, int64_t first_k, int64_t part_k);
template <>
void TileMatrix<float>::multiply(int64_t n_rows, const float* a, int64_t a_stride, float* product, bool add) const;
template <>
void TileMatrix<uint16_t>::multiply(int64_t n_rows, const uint16_t* a, int64_t a_stride, float* product,
                                    bool add) const;

// product [n_rows, n] = a [n_rows, k] * b [k, n], contiguous floats; added to the product where `add`.
void multiply_tile(int64_t n_rows, int64_t n, int64_t k, const float* a, const float* b, float* product,
                   bool add = false);

// Gives AMX tiles back; nothing elsewhere.
void release_tile_hardware();

// The number of parts in which a step's rows are worked on: one a thread.
inline int64_t n_parts() { return at::get_num_threads(); }

// body(part, begin, end) for n_parts() contiguous parts of [0, n_tiles), one thread each. The parts depend on nothing
// but the number of threads, so sums over parts come out with the same bits every time.
template <class Body>
void for_each_part(int64_t n_tiles, const Body& body) {
  const int64_t parts = n_parts();
  at::parallel_for(0, parts, 1, [&](int64_t first, int64_t last) {
    for (int64_t part = first; part < last; ++part) body(part, n_tiles * part / parts, n_tiles * (part + 1) / parts);
    release_tile_hardware();
  });
}

}  // namespace gulo
