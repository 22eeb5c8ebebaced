// Is the difference between two recognisers on the same items more than chance?
#pragma once

#include <cstdint>

namespace gulo {

// McNemar's exact test, two-sided: of the items that exactly one of the two got right, `only_a` are a's and `only_b`
// b's. The probability of a split at least as uneven where both were equally good: 1 where there are none.
double mcnemar_p(uint64_t only_a, uint64_t only_b);

}  // namespace gulo
