// Squares of 4 x 4 values of 32 bits, or 8 x 8 of 16 bits, are turned in registers of 128 bits, which every x86-64 and
// AArch64 has: the compiler's own vectors do, without dispatch. One load and one store for 16 bytes.
#include "engine/net/transpose.h"

#include <cstring>

namespace gulo {
namespace {

typedef float F32x4 __attribute__((vector_size(16)));
typedef uint16_t U16x8 __attribute__((vector_size(16)));

template <class Vec, class T>
inline Vec load(const T* from) {
  Vec values;
  std::memcpy(&values, from, sizeof(values));
  return values;
}

template <class Vec, class T>
inline void store(Vec values, T* to) {
  std::memcpy(to, &values, sizeof(values));
}

// Stores the columns of the square whose rows are given.
template <class T>
inline void store_columns(F32x4 row0, F32x4 row1, F32x4 row2, F32x4 row3, T* out, size_t out_stride) {
  const F32x4 low01 = __builtin_shufflevector(row0, row1, 0, 4, 1, 5);
  const F32x4 low23 = __builtin_shufflevector(row2, row3, 0, 4, 1, 5);
  const F32x4 high01 = __builtin_shufflevector(row0, row1, 2, 6, 3, 7);
  const F32x4 high23 = __builtin_shufflevector(row2, row3, 2, 6, 3, 7);
  store(__builtin_shufflevector(low01, low23, 0, 1, 4, 5), out);
  store(__builtin_shufflevector(low01, low23, 2, 3, 6, 7), out + out_stride);
  store(__builtin_shufflevector(high01, high23, 0, 1, 4, 5), out + 2 * out_stride);
  store(__builtin_shufflevector(high01, high23, 2, 3, 6, 7), out + 3 * out_stride);
}

}  // namespace

void transpose(const float* in, size_t in_stride, size_t n_rows, size_t n_columns, float* out, size_t out_stride) {
  for (size_t r = 0; r < n_rows; r += 4)
    for (size_t c = 0; c < n_columns; c += 4) {
      const float* from = in + r * in_stride + c;
      store_columns(load<F32x4>(from), load<F32x4>(from + in_stride), load<F32x4>(from + 2 * in_stride),
                    load<F32x4>(from + 3 * in_stride), out + c * out_stride + r, out_stride);
    }
}

// Two rows are interleaved into one of pairs; the pairs are then turned as values of 32 bits.
void transpose(const uint16_t* in, size_t in_stride, size_t n_rows, size_t n_columns, uint16_t* out,
               size_t out_stride) {
  for (size_t r = 0; r < n_rows; r += 8)
    for (size_t c = 0; c < n_columns; c += 8) {
      F32x4 low[4], high[4];
      for (size_t i = 0; i < 4; ++i) {
        const uint16_t* from = in + (r + 2 * i) * in_stride + c;
        const U16x8 even = load<U16x8>(from), odd = load<U16x8>(from + in_stride);
        low[i] = reinterpret_cast<F32x4>(__builtin_shufflevector(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
        high[i] = reinterpret_cast<F32x4>(__builtin_shufflevector(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
      }
      uint16_t* to = out + c * out_stride + r;
      store_columns(low[0], low[1], low[2], low[3], to, out_stride);
      store_columns(high[0], high[1], high[2], high[3], to + 4 * out_stride, out_stride);
    }
}

}  // namespace gulo
