// byte_stem on the CPU.
//
// Layout   a tap's 257 rows lie together, so a block of 128 channels touches 129 KiB a tap, 1 MiB at 8 taps.
// Forward  for each block of channels, positions in order: a group of channels is summed in registers over all taps,
//          so each table row is loaded once a position and each output element is stored once.
// Backward each part owns whole (tap, block of channels) units. grad_out goes by in blocks of 1,024 positions that
//          stay in L2 while all taps of the part take them, so it comes from memory once a part, not once a tap. A tap
//          sorts the block's positions by their byte and sums those of one byte in registers: one load an element,
//          where adding each position to its row takes two loads and a store. It ran up to 1.5 times as fast (random
//          bytes, fp32), and its sums of sums round less.
// Roofline both are bound by L2: the rows are chosen by the data, and neither table nor block of grad_out fits L1.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/byte_stem_cpu.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <cassert>
#include <iterator>

#include "base/threads.h"
#include "kernel/byte_stem.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, so that a width that is a multiple of 16 needs no tail with any instruction set.
using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;

HWY_INLINE FloatVec load(const float* from) { return hn::LoadU(FloatTag(), from); }

HWY_INLINE FloatVec load(const uint16_t* from_bf16) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from_bf16))));
}

HWY_INLINE void store(FloatVec values, float* to) { hn::StoreU(values, FloatTag(), to); }

// Rounds to nearest even, as LibTorch does; Highway 1.0's own DemoteTo cuts the lower bits off. A NaN stays one:
// rounding could carry it over into the sign, so its quiet bit is set instead.
HWY_INLINE void store(FloatVec values, uint16_t* to_bf16) {
  const hn::RebindToSigned<FloatTag> d32_signed;
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  const auto bits = hn::BitCast(d32, values);
  const auto upper = hn::ShiftRight<16>(bits);
  const auto half = hn::Add(hn::And(upper, hn::Set(d32, 1)), hn::Set(d32, 0x7FFF));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, half));
  const auto quiet_nan = hn::Or(upper, hn::Set(d32, 0x40));
  const auto result = hn::IfThenElse(hn::RebindMask(d32, hn::IsNaN(values)), quiet_nan, rounded);
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(d32_signed, result)), d16, to_bf16);
}

// Sums the taps' rows for the channels [c, c + n), n = 4 vectors or 1. `rows` is table + c.
template <class Out>
HWY_INLINE void sum_four(const ByteStemShape& shape, const uint16_t* x, const float* rows, const float* bias,
                         Out* out) {
  const size_t n = hn::Lanes(FloatTag()), width = shape.width;
  FloatVec sum0 = load(bias), sum1 = load(bias + n), sum2 = load(bias + 2 * n), sum3 = load(bias + 3 * n);
  for (int t = 0; t < shape.taps; ++t, rows += ByteStemShape::kRows * width) {
    const float* row = rows + x[t] * width;
    sum0 = hn::Add(sum0, load(row));
    sum1 = hn::Add(sum1, load(row + n));
    sum2 = hn::Add(sum2, load(row + 2 * n));
    sum3 = hn::Add(sum3, load(row + 3 * n));
  }
  store(sum0, out);
  store(sum1, out + n);
  store(sum2, out + 2 * n);
  store(sum3, out + 3 * n);
}

template <class Out>
HWY_INLINE void sum_one(const ByteStemShape& shape, const uint16_t* x, const float* rows, const float* bias, Out* out) {
  const size_t width = shape.width;
  FloatVec sum = load(bias);
  for (int t = 0; t < shape.taps; ++t, rows += ByteStemShape::kRows * width)
    sum = hn::Add(sum, load(rows + x[t] * width));
  store(sum, out);
}

template <class Out>
HWY_INLINE void forward(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias, Out* out,
                        size_t begin, size_t end) {
  constexpr size_t kBlockChannels = 128;
  const size_t n = hn::Lanes(FloatTag()), width = shape.width, taps = shape.taps;
  for (size_t block = 0; block < width; block += kBlockChannels) {
    const size_t block_end = std::min(width, block + kBlockChannels);
    for (size_t p = begin; p < end; ++p) {
      size_t c = block;
      for (; c + 4 * n <= block_end; c += 4 * n)
        sum_four(shape, x + p * taps, table + c, bias + c, out + p * width + c);
      for (; c < block_end; c += n) sum_one(shape, x + p * taps, table + c, bias + c, out + p * width + c);
    }
  }
}

constexpr size_t kBlockPositions = 1024;

// The positions of a block, counted from its first, in the order of one tap's bytes: byte b has [ends[b - 1], ends[b]).
struct ByteOrder {
  uint32_t ends[ByteStemShape::kRows];
  uint16_t positions[kBlockPositions];
};

// Counting sort, stable: a row's sum keeps the order of the positions. `x` is at the tap, the next position taps
// further.
inline void sort_by_byte(const uint16_t* x, size_t taps, size_t n_positions, ByteOrder& order) {
  std::fill(std::begin(order.ends), std::end(order.ends), 0);
  for (size_t p = 0; p < n_positions; ++p) ++order.ends[x[p * taps]];
  uint32_t begin = 0;
  for (uint32_t& end : order.ends) {  // the count becomes the first place, which the next loop moves on to the end
    const uint32_t count = end;
    end = begin;
    begin += count;
  }
  for (size_t p = 0; p < n_positions; ++p) order.positions[order.ends[x[p * taps]]++] = static_cast<uint16_t>(p);
}

// Adds the gradients of n positions to a row, for 4 vectors or 1 of its channels, at which both pointers are.
template <class Grad>
HWY_INLINE void add_four(const Grad* grad_out, size_t width, const uint16_t* positions, size_t n_positions,
                         float* row) {
  const size_t n = hn::Lanes(FloatTag());
  FloatVec sum0 = hn::Zero(FloatTag()), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  for (size_t i = 0; i < n_positions; ++i) {
    const Grad* from = grad_out + positions[i] * width;
    sum0 = hn::Add(sum0, load(from));
    sum1 = hn::Add(sum1, load(from + n));
    sum2 = hn::Add(sum2, load(from + 2 * n));
    sum3 = hn::Add(sum3, load(from + 3 * n));
  }
  store(hn::Add(load(row), sum0), row);
  store(hn::Add(load(row + n), sum1), row + n);
  store(hn::Add(load(row + 2 * n), sum2), row + 2 * n);
  store(hn::Add(load(row + 3 * n), sum3), row + 3 * n);
}

template <class Grad>
HWY_INLINE void add_one(const Grad* grad_out, size_t width, const uint16_t* positions, size_t n_positions, float* row) {
  FloatVec sum = hn::Zero(FloatTag());
  for (size_t i = 0; i < n_positions; ++i) sum = hn::Add(sum, load(grad_out + positions[i] * width));
  store(hn::Add(load(row), sum), row);
}

// Adds a block of positions to one tap's rows.
template <class Grad>
HWY_INLINE void add_to_rows(const ByteOrder& order, const Grad* grad_out, size_t width, size_t n_channels,
                            float* rows) {
  const size_t n = hn::Lanes(FloatTag());
  uint32_t begin = 0;
  for (size_t byte = 0; byte < ByteStemShape::kRows; ++byte) {
    const uint16_t* positions = order.positions + begin;
    const size_t n_positions = order.ends[byte] - begin;
    begin = order.ends[byte];
    if (n_positions == 0) continue;
    float* row = rows + byte * width;
    size_t c = 0;
    for (; c + 4 * n <= n_channels; c += 4 * n) add_four(grad_out + c, width, positions, n_positions, row + c);
    for (; c < n_channels; c += n) add_one(grad_out + c, width, positions, n_positions, row + c);
  }
}

template <class Grad>
HWY_INLINE void add_to_bias(const Grad* grad_out, size_t width, size_t n_channels, size_t n_positions, float* bias) {
  const size_t n = hn::Lanes(FloatTag());
  for (size_t c = 0; c < n_channels; c += n) {
    FloatVec sum = hn::Zero(FloatTag());
    for (size_t p = 0; p < n_positions; ++p) sum = hn::Add(sum, load(grad_out + p * width + c));
    store(hn::Add(load(bias + c), sum), bias + c);
  }
}

// Gradient of the taps [first_tap, last_tap) for n_channels channels from `channel` on, and of their bias with tap 0.
template <class Grad>
HWY_INLINE void backward_block(const ByteStemShape& shape, const uint16_t* x, const Grad* grad_out, float* grad_table,
                               float* grad_bias, size_t first_tap, size_t last_tap, size_t channel, size_t n_channels) {
  const size_t width = shape.width, taps = shape.taps;
  for (size_t row = first_tap * ByteStemShape::kRows; row < last_tap * ByteStemShape::kRows; ++row)
    std::fill_n(grad_table + row * width + channel, n_channels, 0.f);
  if (first_tap == 0) std::fill_n(grad_bias + channel, n_channels, 0.f);
  ByteOrder order;
  for (size_t begin = 0; begin < shape.n_positions; begin += kBlockPositions) {
    const size_t n_positions = std::min(kBlockPositions, shape.n_positions - begin);
    const Grad* grad_block = grad_out + begin * width + channel;
    for (size_t t = first_tap; t < last_tap; ++t) {
      sort_by_byte(x + begin * taps + t, taps, n_positions, order);
      add_to_rows(order, grad_block, width, n_channels, grad_table + t * ByteStemShape::kRows * width + channel);
    }
    if (first_tap == 0) add_to_bias(grad_block, width, n_channels, n_positions, grad_bias + channel);
  }
}

// The widest block of channels, a power of two from 16 to 128, that still gives every part a unit of its own.
inline size_t backward_block_channels(const ByteStemShape& shape, size_t n_parts) {
  const size_t width = shape.width, taps = shape.taps;
  size_t n_channels = 128;
  while (n_channels > 16 && (width + n_channels - 1) / n_channels * taps < n_parts) n_channels /= 2;
  return n_channels;
}

template <class Grad>
HWY_INLINE void backward(const ByteStemShape& shape, const uint16_t* x, const Grad* grad_out, float* grad_table,
                         float* grad_bias, size_t part, size_t n_parts) {
  const size_t width = shape.width, taps = shape.taps;
  const size_t block_channels = backward_block_channels(shape, n_parts);
  const size_t n_units = (width + block_channels - 1) / block_channels * taps;  // taps of block 0, taps of block 1, ...
  const size_t last_unit = n_units * (part + 1) / n_parts;
  for (size_t unit = n_units * part / n_parts; unit < last_unit;) {
    const size_t first_tap = unit % taps, last_tap = std::min(taps, first_tap + last_unit - unit);
    const size_t channel = unit / taps * block_channels;
    backward_block(shape, x, grad_out, grad_table, grad_bias, first_tap, last_tap, channel,
                   std::min(block_channels, width - channel));
    unit += last_tap - first_tap;
  }
}

void forward_f32(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias, float* out,
                 size_t begin, size_t end) {
  forward(shape, x, table, bias, out, begin, end);
}

void forward_bf16(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias, uint16_t* out,
                  size_t begin, size_t end) {
  forward(shape, x, table, bias, out, begin, end);
}

void backward_f32(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                  float* grad_bias, size_t part, size_t n_parts) {
  backward(shape, x, grad_out, grad_table, grad_bias, part, n_parts);
}

void backward_bf16(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out, float* grad_table,
                   float* grad_bias, size_t part, size_t n_parts) {
  backward(shape, x, grad_out, grad_table, grad_bias, part, n_parts);
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {
namespace {

HWY_EXPORT(forward_f32);
HWY_EXPORT(forward_bf16);
HWY_EXPORT(backward_f32);
HWY_EXPORT(backward_bf16);

void check([[maybe_unused]] const ByteStemShape& shape) {
  assert(shape.taps >= 1 && shape.width >= 16 && shape.width % 16 == 0);
}

template <class Out>
void forward_threads(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias, Out* out,
                     int n_threads) {
  const size_t n_parts = std::max(1, n_threads), n = shape.n_positions;
  parallel_for(n_parts, n_threads, 1, [&](size_t part, int) {
    byte_stem_forward_range(shape, x, table, bias, out, n * part / n_parts, n * (part + 1) / n_parts);
  });
}

template <class Grad>
void backward_threads(const ByteStemShape& shape, const uint16_t* x, const Grad* grad_out, float* grad_table,
                      float* grad_bias, int n_threads) {
  const int n_parts = std::max(1, n_threads);
  parallel_for(n_parts, n_threads, 1, [&](size_t part, int) {
    byte_stem_backward_range(shape, x, grad_out, grad_table, grad_bias, static_cast<int>(part), n_parts);
  });
}

}  // namespace

void byte_stem_forward_range(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                             float* out, size_t begin, size_t end) {
  check(shape);
  HWY_DYNAMIC_DISPATCH(forward_f32)(shape, x, table, bias, out, begin, end);
}

void byte_stem_forward_range(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                             uint16_t* out_bf16, size_t begin, size_t end) {
  check(shape);
  HWY_DYNAMIC_DISPATCH(forward_bf16)(shape, x, table, bias, out_bf16, begin, end);
}

void byte_stem_backward_range(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                              float* grad_bias, int part, int n_parts) {
  check(shape);
  HWY_DYNAMIC_DISPATCH(backward_f32)(shape, x, grad_out, grad_table, grad_bias, part, n_parts);
}

void byte_stem_backward_range(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                              float* grad_table, float* grad_bias, int part, int n_parts) {
  check(shape);
  HWY_DYNAMIC_DISPATCH(backward_bf16)(shape, x, grad_out_bf16, grad_table, grad_bias, part, n_parts);
}

void byte_stem_forward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                           float* out, int n_threads) {
  forward_threads(shape, x, table, bias, out, n_threads);
}

void byte_stem_forward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* table, const float* bias,
                           uint16_t* out_bf16, int n_threads) {
  forward_threads(shape, x, table, bias, out_bf16, n_threads);
}

void byte_stem_backward_cpu(const ByteStemShape& shape, const uint16_t* x, const float* grad_out, float* grad_table,
                            float* grad_bias, int n_threads) {
  backward_threads(shape, x, grad_out, grad_table, grad_bias, n_threads);
}

void byte_stem_backward_cpu(const ByteStemShape& shape, const uint16_t* x, const uint16_t* grad_out_bf16,
                            float* grad_table, float* grad_bias, int n_threads) {
  backward_threads(shape, x, grad_out_bf16, grad_table, grad_bias, n_threads);
}

}  // namespace gulo
#endif  // HWY_ONCE
