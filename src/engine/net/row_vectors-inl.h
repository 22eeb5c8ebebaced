// Loads and stores of rows of float or bf16 (in uint16_t) as vectors of float, for each instruction set.
#if defined(GULO_ROW_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GULO_ROW_VECTORS_INL_H_
#undef GULO_ROW_VECTORS_INL_H_
#else
#define GULO_ROW_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, so that a width that is a multiple of 16 needs no tail with any instruction set.
using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;

HWY_INLINE FloatVec load(const float* from) { return hn::LoadU(FloatTag(), from); }

HWY_INLINE FloatVec load(const uint16_t* from) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::Rebind<uint16_t, FloatTag> d16;
  return hn::BitCast(FloatTag(), hn::ShiftLeft<16>(hn::PromoteTo(d32, hn::LoadU(d16, from))));
}

HWY_INLINE void store(FloatVec values, float* to) { hn::StoreU(values, FloatTag(), to); }

// Nearest even by integer arithmetic: Highway 1.0's own DemoteTo cuts the lower bits off. An infinity stays one; of the
// NaNs, those with only low bits set would not, but arithmetic never makes such.
HWY_INLINE void store(FloatVec values, uint16_t* to) {
  const hn::RebindToUnsigned<FloatTag> d32;
  const hn::RebindToSigned<FloatTag> d32_signed;
  const hn::Rebind<uint16_t, FloatTag> d16;
  const auto bits = hn::BitCast(d32, values);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d32, 1));
  const auto rounded = hn::ShiftRight<16>(hn::Add(bits, hn::Add(odd, hn::Set(d32, 0x7FFF))));
  hn::StoreU(hn::DemoteTo(d16, hn::BitCast(d32_signed, rounded)), d16, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#endif
