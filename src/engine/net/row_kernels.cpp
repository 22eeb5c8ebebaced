// Layout  rows of `width` floats or bf16, contiguous unless a stride is given.
// Moved   each function reads its inputs once and writes its output once, but normalise_rows*, which read a row twice
//         (the second time from L1). All of it is one tenth of the time of the matrix products around it.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/net/row_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <cmath>
#include <cstring>

#include "engine/net/row_kernels.h"
#include "engine/net/row_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE float sum_of(FloatVec values) { return hn::GetLane(hn::SumOfLanes(FloatTag(), values)); }

template <class T>
HWY_INLINE void zero_row(T* row, size_t width) {
  std::memset(row, 0, width * sizeof(T));
}

template <class T>
HWY_INLINE void normalise(const T* x, size_t n_rows, size_t width, T* normal, float* inverse_rms) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, x += width, normal += width) {
    FloatVec squares = hn::Zero(FloatTag());
    for (size_t c = 0; c < width; c += n) {
      const FloatVec values = load(x + c);
      squares = hn::MulAdd(values, values, squares);
    }
    inverse_rms[r] = 1.f / std::sqrt(sum_of(squares) / static_cast<float>(width) + kNormEpsilon);
    const FloatVec scale = hn::Set(FloatTag(), inverse_rms[r]);
    for (size_t c = 0; c < width; c += n) store(hn::Mul(load(x + c), scale), normal + c);
  }
}

// With y = x * s, s = inverse_rms: grad_x = s * (grad_y - y * mean(y * grad_y)).
template <class T>
HWY_INLINE void normalise_backward(const float* grad_normal, const T* normal, const float* inverse_rms,
                                   const T* grad_skip, const uint8_t* keep, size_t n_rows, size_t width, T* grad_x) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r) {
    const float* grad = grad_normal + r * width;
    const T* y = normal + r * width;
    T* out = grad_x + r * width;
    if (!keep[r]) {
      zero_row(out, width);
      continue;
    }
    FloatVec dot = hn::Zero(FloatTag());
    for (size_t c = 0; c < width; c += n) dot = hn::MulAdd(load(grad + c), load(y + c), dot);
    const FloatVec mean = hn::Set(FloatTag(), sum_of(dot) / static_cast<float>(width));
    const FloatVec scale = hn::Set(FloatTag(), inverse_rms[r]);
    for (size_t c = 0; c < width; c += n) {
      const FloatVec along = hn::NegMulAdd(load(y + c), mean, load(grad + c));
      const FloatVec skip = grad_skip ? load(grad_skip + r * width + c) : hn::Zero(FloatTag());
      store(hn::MulAdd(scale, along, skip), out + c);
    }
  }
}

template <class T>
HWY_INLINE void bias_relu(const float* product, const float* bias, size_t n_rows, size_t width, T* out) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, product += width, out += width)
    for (size_t c = 0; c < width; c += n)
      store(hn::Max(hn::Add(load(product + c), load(bias + c)), hn::Zero(FloatTag())), out + c);
}

template <class T>
HWY_INLINE void relu_back(const float* grad_out, const T* out, size_t n_elements, T* grad_in) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t i = 0; i < n_elements; i += n)
    store(hn::IfThenElseZero(hn::Gt(load(out + i), hn::Zero(FloatTag())), load(grad_out + i)), grad_in + i);
}

template <class T>
HWY_INLINE void bias_skip(const float* product, const float* bias, const T* skip, const uint8_t* keep, size_t n_rows,
                          size_t width, T* out) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, product += width, out += width) {
    if (!keep[r]) {
      zero_row(out, width);
      continue;
    }
    for (size_t c = 0; c < width; c += n) {
      const FloatVec sum = hn::Add(load(product + c), load(bias + c));
      store(skip ? hn::Add(sum, load(skip + r * width + c)) : sum, out + c);
    }
  }
}

template <class T>
HWY_INLINE void column_sums(const T* x, size_t n_rows, size_t width, float* sums) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, x += width)
    for (size_t c = 0; c < width; c += n) store(hn::Add(load(sums + c), load(x + c)), sums + c);
}

void InterleaveRowPairs(const uint16_t* in, size_t in_stride, size_t n_rows, size_t n_columns, uint16_t* out) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  const size_t n = hn::Lanes(d32);
  uint32_t* pairs = reinterpret_cast<uint32_t*>(out);
  for (size_t r = 0; r < n_rows; r += 2, in += 2 * in_stride, pairs += n_columns)
    for (size_t c = 0; c < n_columns; c += n) {
      const auto even = hn::PromoteTo(d32, hn::LoadU(d16, in + c));
      const auto odd = hn::PromoteTo(d32, hn::LoadU(d16, in + in_stride + c));
      hn::StoreU(hn::Or(even, hn::ShiftLeft<16>(odd)), d32, pairs + c);
    }
}

void RoundToBf16(const float* in, size_t n_elements, uint16_t* out) {
  for (size_t i = 0; i < n_elements; i += hn::Lanes(FloatTag())) store(load(in + i), out + i);
}

void NormaliseF32(const float* x, size_t n_rows, size_t width, float* normal, float* inverse_rms) {
  normalise(x, n_rows, width, normal, inverse_rms);
}
void NormaliseBf16(const uint16_t* x, size_t n_rows, size_t width, uint16_t* normal, float* inverse_rms) {
  normalise(x, n_rows, width, normal, inverse_rms);
}
void NormaliseBackwardF32(const float* grad_normal, const float* normal, const float* inverse_rms,
                          const float* grad_skip, const uint8_t* keep, size_t n_rows, size_t width, float* grad_x) {
  normalise_backward(grad_normal, normal, inverse_rms, grad_skip, keep, n_rows, width, grad_x);
}
void NormaliseBackwardBf16(const float* grad_normal, const uint16_t* normal, const float* inverse_rms,
                           const uint16_t* grad_skip, const uint8_t* keep, size_t n_rows, size_t width,
                           uint16_t* grad_x) {
  normalise_backward(grad_normal, normal, inverse_rms, grad_skip, keep, n_rows, width, grad_x);
}
void BiasReluF32(const float* product, const float* bias, size_t n_rows, size_t width, float* out) {
  bias_relu(product, bias, n_rows, width, out);
}
void BiasReluBf16(const float* product, const float* bias, size_t n_rows, size_t width, uint16_t* out) {
  bias_relu(product, bias, n_rows, width, out);
}
void ReluBackwardF32(const float* grad_out, const float* out, size_t n_elements, float* grad_in) {
  relu_back(grad_out, out, n_elements, grad_in);
}
void ReluBackwardBf16(const float* grad_out, const uint16_t* out, size_t n_elements, uint16_t* grad_in) {
  relu_back(grad_out, out, n_elements, grad_in);
}
void BiasSkipF32(const float* product, const float* bias, const float* skip, const uint8_t* keep, size_t n_rows,
                 size_t width, float* out) {
  bias_skip(product, bias, skip, keep, n_rows, width, out);
}
void BiasSkipBf16(const float* product, const float* bias, const uint16_t* skip, const uint8_t* keep, size_t n_rows,
                  size_t width, uint16_t* out) {
  bias_skip(product, bias, skip, keep, n_rows, width, out);
}
void ColumnSumsF32(const float* x, size_t n_rows, size_t width, float* sums) { column_sums(x, n_rows, width, sums); }
void ColumnSumsBf16(const uint16_t* x, size_t n_rows, size_t width, float* sums) {
  column_sums(x, n_rows, width, sums);
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(NormaliseF32);
HWY_EXPORT(NormaliseBf16);
HWY_EXPORT(NormaliseBackwardF32);
HWY_EXPORT(NormaliseBackwardBf16);
HWY_EXPORT(BiasReluF32);
HWY_EXPORT(BiasReluBf16);
HWY_EXPORT(ReluBackwardF32);
HWY_EXPORT(ReluBackwardBf16);
HWY_EXPORT(BiasSkipF32);
HWY_EXPORT(BiasSkipBf16);
HWY_EXPORT(ColumnSumsF32);
HWY_EXPORT(ColumnSumsBf16);
HWY_EXPORT(InterleaveRowPairs);
HWY_EXPORT(RoundToBf16);

void normalise_rows(const float* x, size_t n_rows, size_t width, float* normal, float* inverse_rms) {
  HWY_DYNAMIC_DISPATCH(NormaliseF32)(x, n_rows, width, normal, inverse_rms);
}
void normalise_rows(const uint16_t* x, size_t n_rows, size_t width, uint16_t* normal, float* inverse_rms) {
  HWY_DYNAMIC_DISPATCH(NormaliseBf16)(x, n_rows, width, normal, inverse_rms);
}
void normalise_rows_backward(const float* grad_normal, const float* normal, const float* inverse_rms,
                             const float* grad_skip, const uint8_t* keep, size_t n_rows, size_t width, float* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormaliseBackwardF32)(grad_normal, normal, inverse_rms, grad_skip, keep, n_rows, width, grad_x);
}
void normalise_rows_backward(const float* grad_normal, const uint16_t* normal, const float* inverse_rms,
                             const uint16_t* grad_skip, const uint8_t* keep, size_t n_rows, size_t width,
                             uint16_t* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormaliseBackwardBf16)(grad_normal, normal, inverse_rms, grad_skip, keep, n_rows, width, grad_x);
}
void add_bias_relu(const float* product, const float* bias, size_t n_rows, size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(BiasReluF32)(product, bias, n_rows, width, out);
}
void add_bias_relu(const float* product, const float* bias, size_t n_rows, size_t width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(BiasReluBf16)(product, bias, n_rows, width, out);
}
void relu_backward(const float* grad_out, const float* out, size_t n_rows, size_t width, float* grad_in) {
  HWY_DYNAMIC_DISPATCH(ReluBackwardF32)(grad_out, out, n_rows * width, grad_in);
}
void relu_backward(const float* grad_out, const uint16_t* out, size_t n_rows, size_t width, uint16_t* grad_in) {
  HWY_DYNAMIC_DISPATCH(ReluBackwardBf16)(grad_out, out, n_rows * width, grad_in);
}
void add_bias_skip(const float* product, const float* bias, const float* skip, const uint8_t* keep, size_t n_rows,
                   size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(BiasSkipF32)(product, bias, skip, keep, n_rows, width, out);
}
void add_bias_skip(const float* product, const float* bias, const uint16_t* skip, const uint8_t* keep, size_t n_rows,
                   size_t width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(BiasSkipBf16)(product, bias, skip, keep, n_rows, width, out);
}
void add_column_sums(const float* x, size_t n_rows, size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnSumsF32)(x, n_rows, width, sums);
}
void add_column_sums(const uint16_t* x, size_t n_rows, size_t width, float* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnSumsBf16)(x, n_rows, width, sums);
}
void interleave_row_pairs(const uint16_t* in, size_t in_stride, size_t n_rows, size_t n_columns, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(InterleaveRowPairs)(in, in_stride, n_rows, n_columns, out);
}
void round_to_bf16(const float* in, size_t n, uint16_t* out) { HWY_DYNAMIC_DISPATCH(RoundToBf16)(in, n, out); }

}  // namespace gulo
#endif
