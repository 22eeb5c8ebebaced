#include "compare/significance.h"

#include <algorithm>
#include <cmath>

namespace gulo {

double mcnemar_p(uint64_t only_a, uint64_t only_b) {
  const auto n = static_cast<double>(only_a + only_b);
  const uint64_t fewer = std::min(only_a, only_b);
  // Terms of the binomial distribution by their logarithms: 2^-n alone is zero beyond n of about 1,000.
  const double log_all = n * std::log(2.0);
  double tail = 0;
  for (uint64_t k = 0; k <= fewer; ++k) {
    const auto i = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) - log_all);
  }
  return std::min(1.0, 2 * tail);
}

}  // namespace gulo
