// Layout: table rows are width floats, contiguous; an item's ids come out in blocks of positions, within a block by
// order. Bytes moved, 4 KiB item, orders 1-4 + 3 pairs, 64 labels: extract reads 4 KiB and hits the 128 KiB bitmap
// 28,000 times; forward reads 11,000 rows x 256 B = 2.8 MB, update reads and writes the same. Roofline: random cache
// lines, 4 a row.
#include "kernel/ngram_bag.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/round_up.h"

// Accumulators are arrays of vectors, which the sizeless types of SVE and RVV do not allow: those machines use NEON.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernel/ngram_bag_cpu.cpp"
#include <fmt/core.h>
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
// After foreach_target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gulo::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kBlock = 256;  // positions a block: hashes and ids of one order stay in L1
constexpr size_t kPrefetch = 16;

// hash[i] = (hash[i] ^ x[i]) * kMultiplier for a block; reads kBlock bytes of x, the caller sees to it that they exist.
HWY_INLINE void extend_block(const uint8_t* HWY_RESTRICT x, uint32_t* HWY_RESTRICT hash) {
  const hn::ScalableTag<uint32_t> d;
  const hn::Rebind<uint8_t, decltype(d)> d8;
  const auto multiplier = hn::Set(d, ngram_hash::kMultiplier);
  for (size_t i = 0; i < kBlock; i += hn::Lanes(d))
    hn::StoreU(hn::Mul(hn::Xor(hn::LoadU(d, hash + i), hn::PromoteTo(d, hn::LoadU(d8, x + i))), multiplier), d,
               hash + i);
}

HWY_INLINE void row_block(const uint32_t* HWY_RESTRICT hash, uint32_t salt, int log2_rows, uint32_t* HWY_RESTRICT ids) {
  const hn::ScalableTag<uint32_t> d;
  const auto salts = hn::Set(d, salt * ngram_hash::kSalt);
  const auto final_multiplier = hn::Set(d, ngram_hash::kFinal), multiplier = hn::Set(d, ngram_hash::kMultiplier);
  for (size_t i = 0; i < kBlock; i += hn::Lanes(d)) {
    auto h = hn::Xor(hn::LoadU(d, hash + i), salts);
    h = hn::Mul(hn::Xor(h, hn::ShiftRight<15>(h)), final_multiplier);
    h = hn::Mul(hn::Xor(h, hn::ShiftRight<13>(h)), multiplier);
    hn::StoreU(hn::ShiftRightSame(h, 32 - log2_rows), d, ids + i);
  }
}

HWY_INLINE size_t add_distinct(const uint32_t* HWY_RESTRICT candidates, size_t n, uint64_t* HWY_RESTRICT seen,
                               uint32_t* HWY_RESTRICT ids, size_t n_ids) {
  for (size_t i = 0; i < n; ++i) {  // no branch: whether an n-gram is new cannot be foretold
    const uint32_t id = candidates[i];
    const uint64_t word = seen[id / 64], bit = uint64_t{1} << (id % 64);
    ids[n_ids] = id;
    n_ids += (word & bit) == 0;
    seen[id / 64] = word | bit;
  }
  return n_ids;
}

// One block of positions [0, n_positions) at x; `n_bytes` bytes are left from x on, 2 * kBlock bytes are readable.
size_t extract_block(const NgramBagShape& shape, const uint8_t* x, size_t n_positions, size_t n_bytes,
                     size_t head_position, size_t n_head, uint64_t* seen, uint32_t* ids, size_t n_ids) {
  using namespace ngram_hash;
  HWY_ALIGN uint32_t hash[kBlock];
  HWY_ALIGN uint32_t first[kBlock];
  HWY_ALIGN uint32_t candidates[kBlock];
  std::fill_n(hash, kBlock, kSeed);
  for (uint32_t order = 1; order <= 8 && order <= n_bytes; ++order) {
    extend_block(x + order - 1, hash);
    if (order == 1) std::copy_n(hash, kBlock, first);
    const size_t n_valid = std::min(n_positions, n_bytes - order + 1);
    if (shape.orders >> (order - 1) & 1) {
      row_block(hash, order, shape.log2_rows, candidates);
      n_ids = add_distinct(candidates, n_valid, seen, ids, n_ids);
    }
    if (order == 1 || order == 2 || order == 4) {
      const size_t n_positioned = std::min(n_valid, n_head);
      for (size_t i = 0; i < n_positioned; ++i)
        candidates[i] = row(hash[i], kHeadSalt + static_cast<uint32_t>(head_position + i) * 8 + order, shape.log2_rows);
      n_ids = add_distinct(candidates, n_positioned, seen, ids, n_ids);
    }
  }
  for (uint32_t gap = 2; gap < 16 && gap < n_bytes; ++gap) {
    if (!(shape.pair_gaps >> gap & 1)) continue;
    std::copy_n(first, kBlock, hash);
    extend_block(x + gap, hash);
    row_block(hash, kPairSalt + gap, shape.log2_rows, candidates);
    n_ids = add_distinct(candidates, std::min(n_positions, n_bytes - gap), seen, ids, n_ids);
  }
  return n_ids;
}

size_t extract(const NgramBagShape& shape, const uint8_t* x, size_t n_bytes, bool head, uint64_t* seen, uint32_t* ids) {
  const size_t head_bytes = head ? static_cast<size_t>(shape.head_bytes) : 0;
  HWY_ALIGN uint8_t tail[3 * kBlock] = {};
  size_t n_ids = 0;
  for (size_t begin = 0; begin < n_bytes; begin += kBlock) {
    const size_t left = n_bytes - begin;
    const uint8_t* block = x + begin;
    if (left < 2 * kBlock) {  // vectors may read past the end: from a copy
      std::memset(tail, 0, sizeof tail);
      block = static_cast<const uint8_t*>(std::memcpy(tail, block, left));
    }
    n_ids = extract_block(shape, block, std::min(kBlock, left), left, begin,
                          head_bytes > begin ? head_bytes - begin : 0, seen, ids, n_ids);
  }
  if (head_bytes > 0) {
    const uint32_t length = ngram_hash::row(
        ngram_hash::kSeed, ngram_hash::kLengthSalt + static_cast<uint32_t>(std::bit_width(n_bytes)), shape.log2_rows);
    n_ids = add_distinct(&length, 1, seen, ids, n_ids);
  }
  if (n_ids * 4 < shape.bitmap_words())
    for (size_t i = 0; i < n_ids; ++i) seen[ids[i] / 64] = 0;
  else
    std::memset(seen, 0, shape.bitmap_words() * sizeof(uint64_t));
  return n_ids;
}

// `kVectors` accumulators of one column block [begin, begin + kVectors * lanes) over all ids.
template <int kVectors>
HWY_INLINE void forward_columns(const float* HWY_RESTRICT table, size_t width, const uint32_t* HWY_RESTRICT ids,
                                size_t n_ids, float* HWY_RESTRICT out) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sum[8];
  for (int v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (size_t i = 0; i < n_ids; ++i) {
    if (i + kPrefetch < n_ids) {
      const float* ahead = table + ids[i + kPrefetch] * width;
      for (size_t c = 0; c < kVectors * lanes; c += 16) hwy::Prefetch(ahead + c);
    }
    const float* row = table + ids[i] * width;
    for (int v = 0; v < kVectors; ++v) sum[v] = hn::Add(sum[v], hn::LoadU(d, row + v * lanes));
  }
  for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, out + v * lanes);
}

template <int kWidth>
HWY_INLINE void forward_narrow(const float* HWY_RESTRICT table, const uint32_t* HWY_RESTRICT ids, size_t n_ids,
                               float* HWY_RESTRICT out) {
  float sum[kWidth] = {};
  for (size_t i = 0; i < n_ids; ++i) {
    if (i + kPrefetch < n_ids) hwy::Prefetch(table + size_t{ids[i + kPrefetch]} * kWidth);
    for (int c = 0; c < kWidth; ++c) sum[c] += table[size_t{ids[i]} * kWidth + c];
  }
  std::copy_n(sum, kWidth, out);
}

void forward(const float* table, int width, const uint32_t* ids, size_t n_ids, float* out) {
  switch (width) {
    case 1:
      return forward_narrow<1>(table, ids, n_ids, out);
    case 2:
      return forward_narrow<2>(table, ids, n_ids, out);
    case 4:
      return forward_narrow<4>(table, ids, n_ids, out);
    case 8:
      return forward_narrow<8>(table, ids, n_ids, out);
    default:
      break;
  }
  const size_t lanes = hn::Lanes(hn::ScalableTag<float>()), stride = static_cast<size_t>(width);
  size_t column = 0;
  while (column < stride) {
    const size_t vectors = std::min<size_t>(8, (stride - column) / lanes);
    const float* from = table + column;
    if (vectors >= 8)
      forward_columns<8>(from, stride, ids, n_ids, out + column), column += 8 * lanes;
    else if (vectors >= 4)
      forward_columns<4>(from, stride, ids, n_ids, out + column), column += 4 * lanes;
    else if (vectors >= 2)
      forward_columns<2>(from, stride, ids, n_ids, out + column), column += 2 * lanes;
    else
      forward_columns<1>(from, stride, ids, n_ids, out + column), column += lanes;
  }
}

void update(float* HWY_RESTRICT table, int width, const uint32_t* HWY_RESTRICT ids, size_t n_ids,
            const float* HWY_RESTRICT step, const float* HWY_RESTRICT row_rate) {
  const hn::CappedTag<float, 16> d;
  const size_t lanes = hn::Lanes(d), stride = static_cast<size_t>(width);
  for (size_t i = 0; i < n_ids; ++i) {
    if (i + kPrefetch < n_ids) {
      for (size_t c = 0; c < stride; c += 16) hwy::Prefetch(table + ids[i + kPrefetch] * stride + c);
      if (row_rate) hwy::Prefetch(row_rate + ids[i + kPrefetch]);
    }
    float* row = table + ids[i] * stride;
    const float rate = row_rate ? row_rate[ids[i]] : 1.0f;
    if (stride < lanes) {
      for (size_t c = 0; c < stride; ++c) row[c] -= rate * step[c];
    } else {
      const auto rates = hn::Set(d, rate);
      for (size_t c = 0; c < stride; c += lanes)
        hn::StoreU(hn::NegMulAdd(rates, hn::LoadU(d, step + c), hn::LoadU(d, row + c)), d, row + c);
    }
  }
}

// Sums of whole 16-label groups in registers; the caller handles rows whose last group would pass the table's end.
template <int kGroups>
HWY_INLINE void forward_int8_columns(const Int8Table& table, size_t column, const uint32_t* HWY_RESTRICT rows,
                                     size_t n_rows, float* HWY_RESTRICT out) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<int32_t, decltype(d)> d32;
  const hn::Rebind<int8_t, decltype(d)> d8;
  constexpr size_t kLanes = hn::MaxLanes(d), kVectors = kGroups * 16 / kLanes;
  const size_t stride = static_cast<size_t>(table.n_labels);
  hn::Vec<decltype(d)> sum[kVectors];
  for (size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
  for (size_t i = 0; i < n_rows; ++i) {
    if (i + kPrefetch < n_rows) {
      const int8_t* ahead = table.weight + rows[i + kPrefetch] * stride + column;
      hwy::Prefetch(ahead);
      hwy::Prefetch(ahead + kGroups * 16 - 1);  // most rows lie in two lines
      hwy::Prefetch(table.scale + rows[i + kPrefetch]);
    }
    const int8_t* weight = table.weight + rows[i] * stride + column;
    const auto scale = hn::Set(d, table.scale[rows[i]]);
    for (size_t v = 0; v < kVectors; ++v) {
      const auto w = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d8, weight + v * kLanes)));
      sum[v] = hn::MulAdd(scale, w, sum[v]);
    }
  }
  for (size_t v = 0; v < kVectors; ++v) hn::StoreU(sum[v], d, out + v * kLanes);
}

void forward_int8(const Int8Table& table, const uint32_t* ids, size_t n_ids, float* out) {
  const size_t stride = static_cast<size_t>(table.n_labels), padded = round_up_to_16(stride);
  std::vector<uint32_t> rows(n_ids);
  std::vector<float> sum(padded);
  size_t n_rows = 0;
  const size_t n_whole = table.n_rows_kept - std::min(table.n_rows_kept, padded / std::max<size_t>(stride, 1) + 1);
  std::vector<uint32_t> last_rows;  // reading 16 weights there would pass the end of the table
  for (size_t i = 0; i < n_ids; ++i) {
    const uint64_t word = table.present[ids[i] / 64], bit = uint64_t{1} << (ids[i] % 64);
    const uint32_t r = table.rank[ids[i] / 64] + static_cast<uint32_t>(std::popcount(word & (bit - 1)));
    rows[n_rows] = r;
    const bool present = (word & bit) != 0;
    if (present && r >= n_whole) last_rows.push_back(r);
    n_rows += present && r < n_whole;
  }
  for (size_t column = 0; column < padded;) {
    if (padded - column >= 64)
      forward_int8_columns<4>(table, column, rows.data(), n_rows, sum.data() + column), column += 64;
    else if (padded - column >= 48)
      forward_int8_columns<3>(table, column, rows.data(), n_rows, sum.data() + column), column += 48;
    else if (padded - column >= 32)
      forward_int8_columns<2>(table, column, rows.data(), n_rows, sum.data() + column), column += 32;
    else
      forward_int8_columns<1>(table, column, rows.data(), n_rows, sum.data() + column), column += 16;
  }
  for (const uint32_t r : last_rows)
    for (size_t c = 0; c < stride; ++c) sum[c] += table.scale[r] * table.weight[r * stride + c];
  std::copy_n(sum.data(), stride, out);
}

}  // namespace gulo::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(extract);
HWY_EXPORT(forward);
HWY_EXPORT(update);
HWY_EXPORT(forward_int8);

size_t ngram_bag_extract_cpu(const NgramBagShape& shape, const uint8_t* x, size_t n_bytes, bool head, uint64_t* seen,
                             uint32_t* ids) {
  return HWY_DYNAMIC_DISPATCH(extract)(shape, x, n_bytes, head, seen, ids);
}
void ngram_bag_forward_cpu(const float* table, int width, const uint32_t* ids, size_t n_ids, float* out) {
  HWY_DYNAMIC_DISPATCH(forward)(table, width, ids, n_ids, out);
}
void ngram_bag_update_cpu(float* table, int width, const uint32_t* ids, size_t n_ids, const float* step,
                          const float* row_rate) {
  HWY_DYNAMIC_DISPATCH(update)(table, width, ids, n_ids, step, row_rate);
}
void ngram_bag_forward_int8_cpu(const Int8Table& table, const uint32_t* ids, size_t n_ids, float* out) {
  HWY_DYNAMIC_DISPATCH(forward_int8)(table, ids, n_ids, out);
}

size_t NgramBagShape::max_ids(size_t n_bytes) const {
  const size_t kinds =
      static_cast<size_t>(std::popcount(orders & 0xff)) + static_cast<size_t>(std::popcount(pair_gaps & 0xfffc));
  return std::min(n_bytes * kinds + 3 * std::min(n_bytes, static_cast<size_t>(head_bytes)) + 1, n_rows()) + 1;
}

int ngram_bag_width(int n_labels) {
  return n_labels > 8 ? round_up_to_16(n_labels) : static_cast<int>(std::bit_ceil(static_cast<unsigned>(n_labels)));
}

void ngram_bag_partition(const NgramBagShape& shape, const uint32_t* ids, size_t n_ids, uint32_t* sorted,
                         uint32_t begin[kNgramBagParts + 1]) {
  const int shift = shape.log2_rows - 4;
  uint32_t next[kNgramBagParts] = {};
  for (size_t i = 0; i < n_ids; ++i) ++next[ids[i] >> shift];
  uint32_t total = 0;
  for (int p = 0; p < kNgramBagParts; ++p) {
    begin[p] = total;
    total += next[p];
    next[p] = begin[p];
  }
  begin[kNgramBagParts] = total;
  for (size_t i = 0; i < n_ids; ++i) sorted[next[ids[i] >> shift]++] = ids[i];
}

void HugePageDeleter::operator()(float* pointer) const { munmap(pointer, n_bytes); }

HugePageFloats allocate_huge_floats(size_t n) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t n_bytes = (n * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
  void* pointer = mmap(nullptr, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(pointer != MAP_FAILED, ErrorKind::kDevice, fmt::format("no memory for a table of {} MiB", n_bytes >> 20),
          "free some memory, or train with fewer labels");
  madvise(pointer, n_bytes, MADV_HUGEPAGE);
  return HugePageFloats(static_cast<float*>(pointer), HugePageDeleter{n_bytes});
}

}  // namespace gulo
#endif
