// Counter-based random numbers: the same seed gives the same stream on every machine and compiler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace gulo {

// SplitMix64 (Steele, Lea, Flood 2014). Satisfies UniformRandomBitGenerator. Constexpr, so that kernels may call it
// too.
class Rng {
 public:
  using result_type = uint64_t;
  constexpr explicit Rng(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0xD1B54A32D192ED03ull) {}
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return ~uint64_t{0}; }
  constexpr uint64_t operator()() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  // Uniform in [0, n), n >= 1 (Lemire's multiply-shift; its bias of n / 2^64 does not matter here).
  constexpr uint64_t below(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>((*this)()) * n) >> 64);
  }
  // Uniform in [0, 1).
  constexpr double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  // Fisher-Yates; std::shuffle gives other orders with other standard libraries.
  template <class Container>
  void shuffle(Container& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }
  // base/state_stream.h
  template <class Stream>
  void exchange(Stream& stream) {
    stream.number(state_);
  }

 private:
  uint64_t state_;
};

}  // namespace gulo
