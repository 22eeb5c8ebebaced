// How far a measured share can be trusted.
#pragma once

#include <cstdint>

namespace gulo {

struct Interval {
  double low = 0, high = 0;
};

// Wilson (1927), 95 %: the interval of a share that stays inside [0, 1] and is honest for few items and for shares near
// 0. Of no items both ends are NaN.
Interval wilson_interval(uint64_t n_hits, uint64_t n_items);

}  // namespace gulo
