#include "engine/net/tile_product.h"

#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "base/process_clock.h"
#include "engine/net/row_kernels.h"
#include "engine/net/transpose.h"

namespace gulo {
namespace {

namespace blas = at::native::cpublas;

const at::BFloat16* bf16(const uint16_t* values) { return reinterpret_cast<const at::BFloat16*>(values); }

void multiply_float(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* b, float* product,
                    bool add) {
  static const bool has_tile_product = [] {
    const std::vector<float> one(256, 1.f);
    std::vector<float> out(256);
    try {
      blas::brgemm(16, 16, 16, 16, 16, 16, false, one.data(), one.data(), out.data(), false);
    } catch (const c10::Error&) {
      return false;
    }
    return out[0] == 16.f;
  }();
  if (has_tile_product) {
    blas::brgemm(m, n, k, a_stride, n, n, add, a, b, product, false);
    return;
  }
  // No BLAS takes an `a` that overlaps itself: one product for each stride's worth of columns.
  const auto matrix = [](const float* data, int64_t rows, int64_t columns, int64_t stride) {
    return at::from_blob(const_cast<float*>(data), {rows, columns}, {stride, 1}, at::kFloat);
  };
  at::Tensor out = matrix(product, m, n, n);
  for (int64_t first = 0; first < k; first += a_stride) {
    const int64_t part = std::min(a_stride, k - first);
    at::addmm_out(out, out, matrix(a + first, m, part, a_stride), matrix(b + first * n, part, n, n),
                  add || first > 0 ? 1 : 0, 1);
  }
}

}  // namespace

template <class T>
TileMatrix<T>::TileMatrix(int64_t k, int64_t n)
    : k_(k), n_(n), storage_(at::empty({k * n}, sizeof(T) == 2 ? at::kBFloat16 : at::kFloat)) {}

template <class T>
const T* TileMatrix<T>::data() const {
  return static_cast<const T*>(storage_.const_data_ptr());
}

template <class T>
T* TileMatrix<T>::mutable_data() {
  return static_cast<T*>(storage_.mutable_data_ptr());
}

template <>
void TileMatrix<float>::set_rows(const float* rows, int64_t stride) {
  float* out = static_cast<float*>(storage_.mutable_data_ptr());
  for (int64_t r = 0; r < k_; ++r) std::memcpy(out + r * n_, rows + r * stride, n_ * sizeof(float));
}

template <>
void TileMatrix<uint16_t>::set_rows(const uint16_t* rows, int64_t stride) {
  interleave_row_pairs(rows, stride, k_, n_, static_cast<uint16_t*>(storage_.mutable_data_ptr()));
}

template <>
void TileMatrix<float>::set_weight(const float* weight) {
  set_rows(weight, n_);
}

template <>
void TileMatrix<uint16_t>::set_weight(const float* weight) {
  std::vector<uint16_t> rounded(k_ * n_);
  round_to_bf16(weight, rounded.size(), rounded.data());
  set_rows(rounded.data(), n_);
}

template <>
void TileMatrix<float>::set_transposed_weight(const float* weight, int64_t first_k, int64_t part_k) {
  transpose(weight, part_k, n_, part_k, static_cast<float*>(storage_.mutable_data_ptr()) + first_k * n_, n_);
}

// A pair of neighbours in a row of the weight is one 32-bit value, and stays a pair when the weight is transposed.
template <>
void TileMatrix<uint16_t>::set_transposed_weight(const float* weight, int64_t first_k, int64_t part_k) {
  std::vector<uint16_t> rounded(n_ * part_k);
  round_to_bf16(weight, rounded.size(), rounded.data());
  uint16_t* out = static_cast<uint16_t*>(storage_.mutable_data_ptr()) + first_k * n_;
  transpose(reinterpret_cast<const float*>(rounded.data()), part_k / 2, n_, part_k / 2, reinterpret_cast<float*>(out),
            n_);
}

template <>
void TileMatrix<float>::multiply(int64_t n_rows, const float* a, int64_t a_stride, float* product, bool add) const {
  multiply_float(n_rows, n_, k_, a, a_stride, data(), product, add);
}

template <>
void TileMatrix<uint16_t>::multiply(int64_t n_rows, const uint16_t* a, int64_t a_stride, float* product,
                                    bool add) const {
  blas::brgemm(n_rows, n_, k_, a_stride, n_, n_, add, bf16(a), bf16(data()), product, true);
}

void multiply_tile(int64_t n_rows, int64_t n, int64_t k, const float* a, const float* b, float* product, bool add) {
  multiply_float(n_rows, n, k, a, k, b, product, add);
}

template class TileMatrix<float>;
template class TileMatrix<uint16_t>;

void release_tile_hardware() { blas::brgemm_release(true); }

namespace {

// Tries one bf16 product against the exact sum: known wrong answers exist for other bf16 paths.
bool bf16_product_is_right() {
  constexpr int64_t m = 16, n = 32, k = 64;
  std::vector<float> a(m * k), b(k * n), product(m * n);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(static_cast<int>(i * 7 % 13) - 6);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(static_cast<int>(i * 5 % 11) - 5);
  std::vector<uint16_t> a16(a.size());
  round_to_bf16(a.data(), a.size(), a16.data());
  TileMatrix<uint16_t> right(k, n);
  right.set_weight(b.data());
  try {
    right.multiply(m, a16.data(), k, product.data());
    release_tile_hardware();
  } catch (const c10::Error&) {
    return false;
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float exact = 0;
      for (int64_t l = 0; l < k; ++l) exact += a[i * k + l] * b[l * n + j];
      if (product[i * n + j] != exact) return false;
    }
  return true;
}

// Least seconds of some products of a tile by a matrix of ones.
template <class T>
double tile_product_s() {
  constexpr int64_t n = 128, k = 384;
  TileMatrix<T> right(k, n);
  right.set_weight(std::vector<float>(k * n, 1.f).data());
  const std::vector<T> a(kTileRows * k);
  std::vector<float> product(kTileRows * n);
  double least = INFINITY;
  for (int run = 0; run < 30; ++run) {
    const double start = now_s();
    right.multiply(kTileRows, a.data(), k, product.data());
    least = std::min(least, now_s() - start);
  }
  release_tile_hardware();
  return least;
}

// bf16 moves half the bytes: it is worth while even where its products are somewhat slower.
constexpr double kBf16Handicap = 1.2;

}  // namespace

std::vector<at::ScalarType> usable_dtypes() {
#if defined(__x86_64__)
  static const bool native = __builtin_cpu_supports("avx512bf16");
#else
  static const bool native = false;
#endif
  static const bool bf16 = native && bf16_product_is_right();
  return bf16 ? std::vector{at::kFloat, at::kBFloat16} : std::vector{at::kFloat};
}

at::ScalarType fastest_dtype(double bf16_products) {
  if (usable_dtypes().size() == 1) return at::kFloat;
  static const double slowdown = tile_product_s<uint16_t>() / tile_product_s<float>();
  return bf16_products * slowdown < kBf16Handicap ? at::kBFloat16 : at::kFloat;
}

}  // namespace gulo
