// Sizes as vectors and matrix products want them.
#pragma once

namespace gulo {

// The least multiple of 16 that is not below n >= 0.
template <class T>
constexpr T round_up_to_16(T n) {
  return (n + 15) / 16 * 16;
}

}  // namespace gulo
