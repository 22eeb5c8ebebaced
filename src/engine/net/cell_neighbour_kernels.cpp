// Layout  one row of one block of keys at a time, in one thread: it stays in L1 from the first pass to the last.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/net/cell_neighbour_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
// clang-format on

#include "engine/net/cell_neighbour_kernels.h"
#include "engine/net/row_vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gulo {
namespace HWY_NAMESPACE {

constexpr float kOwnScore = -1e9F, kNoScore = -2e9F, kLeastSquare = 1e-6F;

// Without denormal numbers, which cost a hundred times as much.
HWY_INLINE FloatVec exp_or_zero(FloatVec x) {
  const FloatTag d;
  return hn::IfThenElseZero(hn::Ge(x, hn::Set(d, -80.F)), hn::Exp(d, x));
}

// Distances and scores of some keys.
class Scores {
 public:
  HWY_INLINE Scores(const KeyBlock& keys, const ComparedRow& row)
      : keys_(keys),
        row_norm_(hn::Set(d_, row.square_norm)),
        minus_temperature_(hn::Set(d_, -keys.temperature)),
        id_(hn::Set(d_int_, row.id)) {}

  HWY_INLINE FloatVec squares(size_t first, FloatVec products) const {
    const FloatVec norms = hn::Add(row_norm_, load(keys_.square_norms + first));
    return hn::NegMulAdd(hn::Set(d_, 2.F), products, norms);
  }
  HWY_INLINE FloatVec distances(FloatVec squares) const {
    return keys_.squared ? squares : hn::Sqrt(hn::Max(squares, hn::Set(d_, kLeastSquare)));
  }
  HWY_INLINE FloatVec scores(size_t first, FloatVec distances) const {
    const FloatVec all = hn::Max(hn::Mul(minus_temperature_, distances), hn::Set(d_, kNoScore));
    return keys_.ids ? hn::IfThenElse(own(first), hn::Set(d_, kOwnScore), all) : all;
  }
  // `values`, but 0 where a key is the row itself: its score is none of a distance.
  HWY_INLINE FloatVec of_others(size_t first, FloatVec values) const {
    return keys_.ids ? hn::IfThenZeroElse(own(first), values) : values;
  }
  // Of a distance by its square, times -2 * temperature.
  HWY_INLINE FloatVec slopes(FloatVec squares, FloatVec distances) const {
    if (keys_.squared) return hn::Add(minus_temperature_, minus_temperature_);
    return hn::IfThenElseZero(hn::Gt(squares, hn::Set(d_, kLeastSquare)), hn::Div(minus_temperature_, distances));
  }

 private:
  HWY_INLINE hn::Mask<FloatTag> own(size_t first) const {
    return hn::RebindMask(d_, hn::Eq(hn::LoadU(d_int_, keys_.ids + first), id_));
  }

  FloatTag d_;
  hn::RebindToSigned<FloatTag> d_int_;
  const KeyBlock& keys_;
  FloatVec row_norm_, minus_temperature_;
  hn::Vec<hn::RebindToSigned<FloatTag>> id_;
};

float SoftmaxWeights(const KeyBlock& keys, const ComparedRow& row, float* values, RunningSoftmax& softmax) {
  const FloatTag d;
  const Scores of(keys, row);
  FloatVec largest = hn::Set(d, softmax.largest);
  for (size_t i = 0; i < keys.n_keys; i += hn::Lanes(d)) {
    const FloatVec scores = of.scores(i, of.distances(of.squares(i, load(values + i))));
    largest = hn::Max(largest, scores);
    store(scores, values + i);
  }
  const float before = softmax.largest;
  softmax.largest = hn::GetLane(hn::MaxOfLanes(d, largest));
  const FloatVec least = hn::Set(d, -softmax.largest);
  FloatVec sum = hn::Zero(d);
  for (size_t i = 0; i < keys.n_keys; i += hn::Lanes(d)) {
    const FloatVec weights = exp_or_zero(hn::Add(load(values + i), least));
    sum = hn::Add(sum, weights);
    store(weights, values + i);
  }
  const float shrunk = hn::GetLane(exp_or_zero(hn::Set(d, before - softmax.largest)));
  softmax.sum = softmax.sum * shrunk + hn::GetLane(hn::SumOfLanes(d, sum));
  return shrunk;
}

// With weights w = softmax(scores) and their gradients g, a score's gradient is w * (g - sum of w * g). That of the
// temperature's logarithm is the sum of these times the scores, or, as they add up to 0, times the scores less a
// constant.
void DistanceSlopes(const KeyBlock& keys, const ComparedRow& row, const SoftmaxGradient& softmax,
                    const float* grad_weights, float* values, float* column_sums, DistanceSums& sums) {
  const FloatTag d;
  const Scores of(keys, row);
  const FloatVec log_sum = hn::Set(d, softmax.log_sum), mean = hn::Set(d, softmax.mean);
  FloatVec row_sum = hn::Zero(d), temperature_sum = hn::Zero(d);
  for (size_t i = 0; i < keys.n_keys; i += hn::Lanes(d)) {
    const FloatVec squares = of.squares(i, load(values + i)), distances = of.distances(squares);
    const FloatVec log_weights = hn::Sub(of.scores(i, distances), log_sum);
    const FloatVec weights = of.of_others(i, exp_or_zero(log_weights));
    const FloatVec grad_scores = hn::Mul(weights, hn::Sub(load(grad_weights + i), mean));
    const FloatVec slopes = hn::Mul(grad_scores, of.slopes(squares, distances));
    temperature_sum = hn::MulAdd(grad_scores, log_weights, temperature_sum);
    row_sum = hn::Add(row_sum, slopes);
    store(hn::Add(load(column_sums + i), slopes), column_sums + i);
    store(slopes, values + i);
  }
  sums.row += hn::GetLane(hn::SumOfLanes(d, row_sum));
  sums.log_temperature += hn::GetLane(hn::SumOfLanes(d, temperature_sum));
}

}  // namespace HWY_NAMESPACE
}  // namespace gulo
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gulo {

HWY_EXPORT(SoftmaxWeights);
HWY_EXPORT(DistanceSlopes);

float softmax_weights(const KeyBlock& keys, const ComparedRow& row, float* values, RunningSoftmax& softmax) {
  return HWY_DYNAMIC_DISPATCH(SoftmaxWeights)(keys, row, values, softmax);
}
void distance_slopes(const KeyBlock& keys, const ComparedRow& row, const SoftmaxGradient& softmax,
                     const float* grad_weights, float* values, float* column_sums, DistanceSums& sums) {
  HWY_DYNAMIC_DISPATCH(DistanceSlopes)(keys, row, softmax, grad_weights, values, column_sums, sums);
}

}  // namespace gulo
#endif
