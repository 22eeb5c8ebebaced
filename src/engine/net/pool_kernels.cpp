// Layout  one item's rows at a time, in one thread; a row is read twice, the second time from L1 or L2.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/net/pool_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/net/pool_kernels.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;

HWY_INLINE FloatVec load(const float* from) { return hn::LoadU(FloatTag(), from); }

HWY_INLINE FloatVec load(const uint16_t* from) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from))));
}

HWY_INLINE void store(FloatVec values, float* to) { hn::StoreU(values, FloatTag(), to); }

template <class T>
HWY_INLINE float dot(const T* x, const float* y, size_t width) {
  FloatVec sum = hn::Zero(FloatTag());
  for (size_t c = 0; c < width; c += hn::Lanes(FloatTag())) sum = hn::MulAdd(load(x + c), load(y + c), sum);
  return hn::GetLane(hn::SumOfLanes(FloatTag(), sum));
}

// sum += scale * x
template <class T>
HWY_INLINE void add_scaled(float scale, const T* x, size_t width, float* sum) {
  const FloatVec factor = hn::Set(FloatTag(), scale);
  for (size_t c = 0; c < width; c += hn::Lanes(FloatTag()))
    store(hn::MulAdd(factor, load(x + c), load(sum + c)), sum + c);
}

template <class T>
HWY_INLINE void keep_larger(const T* x, size_t width, uint32_t row, float* largest, uint32_t* rows) {
  const hn::RebindToUnsigned<FloatTag> d32;
  for (size_t c = 0; c < width; c += hn::Lanes(FloatTag())) {
    const FloatVec values = load(x + c), before = load(largest + c);
    const auto larger = hn::Gt(values, before);
    store(hn::IfThenElse(larger, values, before), largest + c);
    hn::StoreU(hn::IfThenElse(hn::RebindMask(d32, larger), hn::Set(d32, row), hn::LoadU(d32, rows + c)), d32, rows + c);
  }
}

inline void softmax(float* values, size_t n) {
  const float largest = *std::max_element(values, values + n);
  float sum = 0;
  for (size_t i = 0; i < n; ++i) sum += values[i] = std::exp(values[i] - largest);
  for (size_t i = 0; i < n; ++i) values[i] /= sum;
}

template <class T>
HWY_INLINE void pool(const PoolShape& shape, const T* normal, const float* queries, float* out, float* attention,
                     uint32_t* max_rows) {
  const size_t n_rows = shape.n_rows, width = shape.width;
  for (size_t r = 0; r < n_rows; ++r)
    for (size_t h = 0; h < shape.n_heads; ++h)
      attention[h * n_rows + r] = dot(normal + r * width, queries + h * width, width);
  for (size_t h = 0; h < shape.n_heads; ++h) softmax(attention + h * n_rows, n_rows);
  std::fill_n(out, (2 + shape.n_heads) * width, 0.f);
  std::fill_n(out + width, width, -std::numeric_limits<float>::infinity());
  std::fill_n(max_rows, width, 0u);
  for (size_t r = 0; r < n_rows; ++r) {
    const T* row = normal + r * width;
    add_scaled(1.f / static_cast<float>(n_rows), row, width, out);
    keep_larger(row, width, static_cast<uint32_t>(r), out + width, max_rows);
    for (size_t h = 0; h < shape.n_heads; ++h) add_scaled(attention[h * n_rows + r], row, width, out + (2 + h) * width);
  }
}

// A head's average is sum_r a_r n_r with a = softmax(n * q), hence with g_r = grad_average * n_r:
// grad_n_r = a_r grad_average + s_r q and grad_q = sum_r s_r n_r, where s_r = a_r (g_r - sum_j a_j g_j).
template <class T>
HWY_INLINE void pool_backward(const PoolShape& shape, const T* normal, const float* queries, const float* attention,
                              const uint32_t* max_rows, const float* grad_out, float* grad_normal,
                              float* grad_queries) {
  const size_t n_rows = shape.n_rows, width = shape.width;
  std::fill_n(grad_normal, n_rows * width, 0.f);
  for (size_t r = 0; r < n_rows; ++r)
    add_scaled(1.f / static_cast<float>(n_rows), grad_out, width, grad_normal + r * width);
  for (size_t c = 0; c < width; ++c) grad_normal[max_rows[c] * width + c] += grad_out[width + c];
  std::vector<float> grad_attention(n_rows);
  for (size_t h = 0; h < shape.n_heads; ++h) {
    const float *weights = attention + h * n_rows, *grad_average = grad_out + (2 + h) * width;
    const float* query = queries + h * width;
    float mean = 0;
    for (size_t r = 0; r < n_rows; ++r) {
      grad_attention[r] = dot(normal + r * width, grad_average, width);
      mean += weights[r] * grad_attention[r];
    }
    for (size_t r = 0; r < n_rows; ++r) {
      const float grad_score = weights[r] * (grad_attention[r] - mean);
      add_scaled(weights[r], grad_average, width, grad_normal + r * width);
      add_scaled(grad_score, query, width, grad_normal + r * width);
      add_scaled(grad_score, normal + r * width, width, grad_queries + h * width);
    }
  }
}

void PoolF32(const PoolShape& shape, const float* normal, const float* queries, float* out, float* attention,
             uint32_t* max_rows) {
  pool(shape, normal, queries, out, attention, max_rows);
}
void PoolBf16(const PoolShape& shape, const uint16_t* normal, const float* queries, float* out, float* attention,
              uint32_t* max_rows) {
  pool(shape, normal, queries, out, attention, max_rows);
}
void PoolBackwardF32(const PoolShape& shape, const float* normal, const float* queries, const float* attention,
                     const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries) {
  pool_backward(shape, normal, queries, attention, max_rows, grad_out, grad_normal, grad_queries);
}
void PoolBackwardBf16(const PoolShape& shape, const uint16_t* normal, const float* queries, const float* attention,
                      const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries) {
  pool_backward(shape, normal, queries, attention, max_rows, grad_out, grad_normal, grad_queries);
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(PoolF32);
HWY_EXPORT(PoolBf16);
HWY_EXPORT(PoolBackwardF32);
HWY_EXPORT(PoolBackwardBf16);

void pool_rows(const PoolShape& shape, const float* normal, const float* queries, float* out, float* attention,
               uint32_t* max_rows) {
  HWY_DYNAMIC_DISPATCH(PoolF32)(shape, normal, queries, out, attention, max_rows);
}
void pool_rows(const PoolShape& shape, const uint16_t* normal, const float* queries, float* out, float* attention,
               uint32_t* max_rows) {
  HWY_DYNAMIC_DISPATCH(PoolBf16)(shape, normal, queries, out, attention, max_rows);
}
void pool_rows_backward(const PoolShape& shape, const float* normal, const float* queries, const float* attention,
                        const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries) {
  HWY_DYNAMIC_DISPATCH(PoolBackwardF32)
  (shape, normal, queries, attention, max_rows, grad_out, grad_normal, grad_queries);
}
void pool_rows_backward(const PoolShape& shape, const uint16_t* normal, const float* queries, const float* attention,
                        const uint32_t* max_rows, const float* grad_out, float* grad_normal, float* grad_queries) {
  HWY_DYNAMIC_DISPATCH(PoolBackwardBf16)
  (shape, normal, queries, attention, max_rows, grad_out, grad_normal, grad_queries);
}

}  // namespace gulo
#endif
