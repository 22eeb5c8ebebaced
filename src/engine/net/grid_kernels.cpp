// Layout  rows of `width` floats or bf16, contiguous; row numbers count from the pointer that is given.
// Moved   each function reads its inputs once and writes its output once, most of it in L1 and L2.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/net/grid_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <cstring>

#include "engine/net/grid_kernels.h"
#include "engine/net/row_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {

// A channel's four bytes or so, not its sixteen: where a picture's rows are few, loops over channels are the outer
// ones.
constexpr size_t kChannelsAtOnce = 16;

HWY_INLINE FloatVec normal_of(FloatVec x, const ChannelNorm& norm, size_t c) {
  return hn::MulAdd(x, load(norm.scale + c), load(norm.shift + c));
}

void CopyRows(const uint16_t* in, const int32_t* rows, size_t n_rows, size_t width, uint16_t* out) {
  const hn::CappedTag<uint16_t, 32> tag;
  const size_t n = hn::Lanes(tag);
  for (size_t i = 0; i < n_rows; ++i, out += width) {
    const uint16_t* from = in + static_cast<ptrdiff_t>(rows[i]) * width;
    size_t c = 0;
    for (; c + n <= width; c += n) hn::StoreU(hn::LoadU(tag, from + c), tag, out + c);
    if (c < width) std::memcpy(out + c, from + c, (width - c) * sizeof(uint16_t));
  }
}

void JoinAsPairs(const uint16_t* in, const int32_t* rows, size_t n_rows, size_t n_joined, size_t width, uint16_t* out) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  const size_t n = hn::Lanes(d32);
  uint32_t* pairs = reinterpret_cast<uint32_t*>(out);
  for (size_t r = 0; r < n_rows; r += 2, rows += 2 * n_joined)
    for (size_t j = 0; j < n_joined; ++j, pairs += width) {
      const uint16_t* even_row = in + static_cast<ptrdiff_t>(rows[j]) * width;
      const uint16_t* odd_row = in + static_cast<ptrdiff_t>(rows[n_joined + j]) * width;
      for (size_t c = 0; c < width; c += n) {
        const auto even = hn::PromoteTo(d32, hn::LoadU(d16, even_row + c));
        const auto odd = hn::PromoteTo(d32, hn::LoadU(d16, odd_row + c));
        hn::StoreU(hn::Or(even, hn::ShiftLeft<16>(odd)), d32, pairs + c);
      }
    }
}

template <class T>
HWY_INLINE void activate(const T* x, const ChannelNorm& norm, size_t n_rows, size_t width, T* out) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, x += width, out += width)
    for (size_t c = 0; c < width; c += n)
      store(hn::Max(normal_of(load(x + c), norm, c), hn::Zero(FloatTag())), out + c);
}

void ActivateF32(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* out) {
  activate(x, norm, n_rows, width, out);
}
void ActivateBf16(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* out) {
  activate(x, norm, n_rows, width, out);
}

// Channels outside, rows inside: the sums stay in registers.
template <class T>
HWY_INLINE void store_summed(const float* product, size_t n_rows, size_t width, T* out, const ChannelSums& sums) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t c = 0; c < width; c += n) {
    FloatVec first = load(sums.first + c), second = load(sums.second + c);
    for (size_t r = 0; r < n_rows; ++r) {
      const FloatVec value = load(product + r * width + c);
      first = hn::Add(first, value);
      second = hn::MulAdd(value, value, second);
      store(value, out + r * width + c);
    }
    store(first, sums.first + c);
    store(second, sums.second + c);
  }
}

void StoreF32(const float* product, size_t n_rows, size_t width, float* out, const ChannelSums& sums) {
  store_summed(product, n_rows, width, out, sums);
}
void StoreBf16(const float* product, size_t n_rows, size_t width, uint16_t* out, const ChannelSums& sums) {
  store_summed(product, n_rows, width, out, sums);
}

// A lane's winner as a float 0..3, so that one blend follows one comparison.
template <class T>
HWY_INLINE void pool_2x2(const float* product, const int32_t* cells, size_t n_cells, size_t width, T* out,
                         uint8_t* winners, const ChannelSums& sums) {
  const hn::RebindToSigned<FloatTag> d32;
  const hn::Rebind<uint8_t, FloatTag> d8;
  const size_t n = hn::Lanes(FloatTag());
  for (size_t c = 0; c < width; c += n) {
    FloatVec first = load(sums.first + c), second = load(sums.second + c);
    for (size_t i = 0; i < n_cells; ++i) {
      const int32_t* rows = cells + 4 * i;
      FloatVec best = load(product + rows[0] * width + c), winner = hn::Zero(FloatTag());
      for (int k = 1; k < 4; ++k) {
        const FloatVec value = load(product + rows[k] * width + c);
        winner = hn::IfThenElse(hn::Gt(value, best), hn::Set(FloatTag(), static_cast<float>(k)), winner);
        best = hn::Max(best, value);
      }
      first = hn::Add(first, best);
      second = hn::MulAdd(best, best, second);
      store(best, out + i * width + c);
      hn::StoreU(hn::DemoteTo(d8, hn::ConvertTo(d32, winner)), d8, winners + i * width + c);
    }
    store(first, sums.first + c);
    store(second, sums.second + c);
  }
}

void Pool2x2F32(const float* product, const int32_t* cells, size_t n_cells, size_t width, float* out, uint8_t* winners,
                const ChannelSums& sums) {
  pool_2x2(product, cells, n_cells, width, out, winners, sums);
}
void Pool2x2Bf16(const float* product, const int32_t* cells, size_t n_cells, size_t width, uint16_t* out,
                 uint8_t* winners, const ChannelSums& sums) {
  pool_2x2(product, cells, n_cells, width, out, winners, sums);
}

template <class T>
HWY_INLINE FloatVec norm_gradient(const T* grad, const T* x, const ChannelNormGradient& norm, size_t c) {
  const FloatVec of_x = hn::MulAdd(load(x + c), load(norm.of_x + c), load(norm.constant + c));
  return hn::MulAdd(load(grad + c), load(norm.of_grad + c), of_x);
}

template <class T>
HWY_INLINE void norm_back(const T* grad, const T* x, const ChannelNormGradient& norm, size_t n_rows, size_t width,
                          T* grad_x) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t r = 0; r < n_rows; ++r, grad += width, x += width, grad_x += width)
    for (size_t c = 0; c < width; c += n) store(norm_gradient(grad, x, norm, c), grad_x + c);
}

void NormBackF32(const float* grad, const float* x, const ChannelNormGradient& norm, size_t n_rows, size_t width,
                 float* grad_x) {
  norm_back(grad, x, norm, n_rows, width, grad_x);
}
void NormBackBf16(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, size_t n_rows, size_t width,
                  uint16_t* grad_x) {
  norm_back(grad, x, norm, n_rows, width, grad_x);
}

// The first row of a cell is written last: at an odd edge it stands in for rows that are not there.
template <class T>
HWY_INLINE void norm_back_2x2(const T* grad, const T* x, const ChannelNormGradient& norm, const int32_t* cells,
                              const uint8_t* winners, size_t n_cells, size_t width, T* grad_x) {
  const hn::RebindToSigned<FloatTag> d32;
  const hn::Rebind<uint8_t, FloatTag> d8;
  const size_t n = hn::Lanes(FloatTag());
  for (size_t i = 0; i < n_cells; ++i, grad += width, x += width, winners += width)
    for (size_t c = 0; c < width; c += n) {
      const FloatVec value = norm_gradient(grad, x, norm, c);
      const FloatVec winner = hn::ConvertTo(FloatTag(), hn::PromoteTo(d32, hn::LoadU(d8, winners + c)));
      for (int k = 3; k >= 0; --k) {
        const auto won = hn::Eq(winner, hn::Set(FloatTag(), static_cast<float>(k)));
        store(hn::IfThenElseZero(won, value), grad_x + cells[4 * i + k] * width + c);
      }
    }
}

void NormBack2x2F32(const float* grad, const float* x, const ChannelNormGradient& norm, const int32_t* cells,
                    const uint8_t* winners, size_t n_cells, size_t width, float* grad_x) {
  norm_back_2x2(grad, x, norm, cells, winners, n_cells, width, grad_x);
}
void NormBack2x2Bf16(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, const int32_t* cells,
                     const uint8_t* winners, size_t n_cells, size_t width, uint16_t* grad_x) {
  norm_back_2x2(grad, x, norm, cells, winners, n_cells, width, grad_x);
}

template <class T>
HWY_INLINE void activate_back(const float* grad, const T* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                              T* grad_normal, const ChannelSums& sums) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t c = 0; c < width; c += n) {
    FloatVec first = load(sums.first + c), second = load(sums.second + c);
    for (size_t r = 0; r < n_rows; ++r) {
      const FloatVec value = load(x + r * width + c);
      const auto positive = hn::Gt(normal_of(value, norm, c), hn::Zero(FloatTag()));
      const FloatVec kept = hn::IfThenElseZero(positive, load(grad + r * width + c));
      first = hn::Add(first, kept);
      second = hn::MulAdd(kept, value, second);
      store(kept, grad_normal + r * width + c);
    }
    store(first, sums.first + c);
    store(second, sums.second + c);
  }
}

void ActivateBackF32(const float* grad, const float* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                     float* grad_normal, const ChannelSums& sums) {
  activate_back(grad, x, norm, n_rows, width, grad_normal, sums);
}
void ActivateBackBf16(const float* grad, const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                      uint16_t* grad_normal, const ChannelSums& sums) {
  activate_back(grad, x, norm, n_rows, width, grad_normal, sums);
}

template <class T>
HWY_INLINE void pool_all(const T* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                         int32_t* max_rows) {
  const hn::RebindToSigned<FloatTag> d32;
  const size_t n = hn::Lanes(FloatTag());
  const FloatVec share = hn::Set(FloatTag(), 1.f / static_cast<float>(n_rows));
  for (size_t c = 0; c < width; c += n) {
    FloatVec sum = hn::Zero(FloatTag()), best = hn::Set(FloatTag(), -1.f), row = hn::Zero(FloatTag());
    for (size_t r = 0; r < n_rows; ++r) {
      const FloatVec value = hn::Max(normal_of(load(x + r * width + c), norm, c), hn::Zero(FloatTag()));
      sum = hn::Add(sum, value);
      row = hn::IfThenElse(hn::Gt(value, best), hn::Set(FloatTag(), static_cast<float>(r)), row);
      best = hn::Max(best, value);
    }
    store(hn::Mul(sum, share), mean + c);
    store(best, max + c);
    hn::StoreU(hn::ConvertTo(d32, row), d32, max_rows + c);
  }
}

void PoolPictureF32(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                    int32_t* max_rows) {
  pool_all(x, norm, n_rows, width, mean, max, max_rows);
}
void PoolPictureBf16(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                     int32_t* max_rows) {
  pool_all(x, norm, n_rows, width, mean, max, max_rows);
}

template <class T>
HWY_INLINE void pool_all_back(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const T* x,
                              const ChannelNorm& norm, size_t n_rows, size_t width, T* grad_normal,
                              const ChannelSums& sums) {
  const hn::RebindToSigned<FloatTag> d32;
  const size_t n = hn::Lanes(FloatTag());
  const FloatVec share = hn::Set(FloatTag(), 1.f / static_cast<float>(n_rows));
  for (size_t c = 0; c < width; c += n) {
    const FloatVec of_mean = hn::Mul(load(grad_mean + c), share), of_max = load(grad_max + c);
    const FloatVec row = hn::ConvertTo(FloatTag(), hn::LoadU(d32, max_rows + c));
    FloatVec first = load(sums.first + c), second = load(sums.second + c);
    for (size_t r = 0; r < n_rows; ++r) {
      const FloatVec value = load(x + r * width + c);
      const auto positive = hn::Gt(normal_of(value, norm, c), hn::Zero(FloatTag()));
      const auto won = hn::Eq(row, hn::Set(FloatTag(), static_cast<float>(r)));
      const FloatVec kept = hn::IfThenElseZero(positive, hn::Add(of_mean, hn::IfThenElseZero(won, of_max)));
      first = hn::Add(first, kept);
      second = hn::MulAdd(kept, value, second);
      store(kept, grad_normal + r * width + c);
    }
    store(first, sums.first + c);
    store(second, sums.second + c);
  }
}

void PoolPictureBackF32(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const float* x,
                        const ChannelNorm& norm, size_t n_rows, size_t width, float* grad_normal,
                        const ChannelSums& sums) {
  pool_all_back(grad_mean, grad_max, max_rows, x, norm, n_rows, width, grad_normal, sums);
}
void PoolPictureBackBf16(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const uint16_t* x,
                         const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* grad_normal,
                         const ChannelSums& sums) {
  pool_all_back(grad_mean, grad_max, max_rows, x, norm, n_rows, width, grad_normal, sums);
}

// `width` is a multiple of 8, so that both halves together are one of 16: vectors of 8 lanes here.
template <class T>
HWY_INLINE void rectify(const float* product, size_t product_width, size_t n_rows, size_t width, T* out) {
  for (size_t r = 0; r < n_rows; ++r, product += product_width, out += 2 * width) {
    alignas(64) float both[2 * 1024];
    for (size_t c = 0; c < width; ++c) {
      both[c] = std::max(product[c], 0.f);
      both[width + c] = std::max(-product[c], 0.f);
    }
    for (size_t c = 0; c < 2 * width; c += hn::Lanes(FloatTag())) store(load(both + c), out + c);
  }
}

void RectifyF32(const float* product, size_t product_width, size_t n_rows, size_t width, float* out) {
  rectify(product, product_width, n_rows, width, out);
}
void RectifyBf16(const float* product, size_t product_width, size_t n_rows, size_t width, uint16_t* out) {
  rectify(product, product_width, n_rows, width, out);
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(CopyRows);
HWY_EXPORT(JoinAsPairs);
HWY_EXPORT(ActivateF32);
HWY_EXPORT(ActivateBf16);
HWY_EXPORT(StoreF32);
HWY_EXPORT(StoreBf16);
HWY_EXPORT(Pool2x2F32);
HWY_EXPORT(Pool2x2Bf16);
HWY_EXPORT(NormBackF32);
HWY_EXPORT(NormBackBf16);
HWY_EXPORT(NormBack2x2F32);
HWY_EXPORT(NormBack2x2Bf16);
HWY_EXPORT(ActivateBackF32);
HWY_EXPORT(ActivateBackBf16);
HWY_EXPORT(PoolPictureF32);
HWY_EXPORT(PoolPictureBf16);
HWY_EXPORT(PoolPictureBackF32);
HWY_EXPORT(PoolPictureBackBf16);
HWY_EXPORT(RectifyF32);
HWY_EXPORT(RectifyBf16);

void copy_rows(const uint16_t* in, const int32_t* rows, size_t n, size_t width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(CopyRows)(in, rows, n, width, out);
}
void join_rows_as_right(const uint16_t* in, const int32_t* rows, size_t n_rows, size_t n_joined, size_t width,
                        uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(JoinAsPairs)(in, rows, n_rows, n_joined, width, out);
}
void activate_rows(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(ActivateF32)(x, norm, n_rows, width, out);
}
void activate_rows(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(ActivateBf16)(x, norm, n_rows, width, out);
}
void store_rows(const float* product, size_t n_rows, size_t width, float* out, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(StoreF32)(product, n_rows, width, out, sums);
}
void store_rows(const float* product, size_t n_rows, size_t width, uint16_t* out, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(StoreBf16)(product, n_rows, width, out, sums);
}
void pool_rows_2x2(const float* product, const int32_t* cells, size_t n_cells, size_t width, float* out,
                   uint8_t* winners, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(Pool2x2F32)(product, cells, n_cells, width, out, winners, sums);
}
void pool_rows_2x2(const float* product, const int32_t* cells, size_t n_cells, size_t width, uint16_t* out,
                   uint8_t* winners, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(Pool2x2Bf16)(product, cells, n_cells, width, out, winners, sums);
}
void norm_backward(const float* grad, const float* x, const ChannelNormGradient& norm, size_t n_rows, size_t width,
                   float* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormBackF32)(grad, x, norm, n_rows, width, grad_x);
}
void norm_backward(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, size_t n_rows,
                   size_t width, uint16_t* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormBackBf16)(grad, x, norm, n_rows, width, grad_x);
}
void norm_backward_2x2(const float* grad, const float* x, const ChannelNormGradient& norm, const int32_t* cells,
                       const uint8_t* winners, size_t n_cells, size_t width, float* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormBack2x2F32)(grad, x, norm, cells, winners, n_cells, width, grad_x);
}
void norm_backward_2x2(const uint16_t* grad, const uint16_t* x, const ChannelNormGradient& norm, const int32_t* cells,
                       const uint8_t* winners, size_t n_cells, size_t width, uint16_t* grad_x) {
  HWY_DYNAMIC_DISPATCH(NormBack2x2Bf16)(grad, x, norm, cells, winners, n_cells, width, grad_x);
}
void activate_backward(const float* grad, const float* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                       float* grad_normal, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(ActivateBackF32)(grad, x, norm, n_rows, width, grad_normal, sums);
}
void activate_backward(const float* grad, const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width,
                       uint16_t* grad_normal, const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(ActivateBackBf16)(grad, x, norm, n_rows, width, grad_normal, sums);
}
void pool_picture(const float* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                  int32_t* max_rows) {
  HWY_DYNAMIC_DISPATCH(PoolPictureF32)(x, norm, n_rows, width, mean, max, max_rows);
}
void pool_picture(const uint16_t* x, const ChannelNorm& norm, size_t n_rows, size_t width, float* mean, float* max,
                  int32_t* max_rows) {
  HWY_DYNAMIC_DISPATCH(PoolPictureBf16)(x, norm, n_rows, width, mean, max, max_rows);
}
void pool_picture_backward(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const float* x,
                           const ChannelNorm& norm, size_t n_rows, size_t width, float* grad_normal,
                           const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(PoolPictureBackF32)(grad_mean, grad_max, max_rows, x, norm, n_rows, width, grad_normal, sums);
}
void pool_picture_backward(const float* grad_mean, const float* grad_max, const int32_t* max_rows, const uint16_t* x,
                           const ChannelNorm& norm, size_t n_rows, size_t width, uint16_t* grad_normal,
                           const ChannelSums& sums) {
  HWY_DYNAMIC_DISPATCH(PoolPictureBackBf16)(grad_mean, grad_max, max_rows, x, norm, n_rows, width, grad_normal, sums);
}
void rectify_both_ways(const float* product, size_t product_width, size_t n_rows, size_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(RectifyF32)(product, product_width, n_rows, width, out);
}
void rectify_both_ways(const float* product, size_t product_width, size_t n_rows, size_t width, uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(RectifyBf16)(product, product_width, n_rows, width, out);
}

}  // namespace gulo
#endif
