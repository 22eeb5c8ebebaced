#include "report/wilson_interval.h"

#include "report/undefined_measure.h"

#include <algorithm>
#include <cmath>

namespace gulo {

Interval wilson_interval(uint64_t n_hits, uint64_t n_items) {
  constexpr double kZ = 1.959963984540054;  // 97.5 % point of the normal distribution
  if (n_items == 0) return {kUndefined, kUndefined};
  const double n = static_cast<double>(n_items), p = static_cast<double>(n_hits) / n;
  const double centre = (p + kZ * kZ / (2 * n)) / (1 + kZ * kZ / n);
  const double half_width = kZ / (1 + kZ * kZ / n) * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  // At the ends the formula's exact value is the end itself; rounding must not move it.
  return {n_hits == 0 ? 0 : std::max(0.0, centre - half_width),
          n_hits == n_items ? 1 : std::min(1.0, centre + half_width)};
}

}  // namespace gulo
