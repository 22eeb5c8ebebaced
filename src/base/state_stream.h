// What an object has to remember, as numbers, written and read back by one function so that the two cannot disagree:
//
//   void Rng::exchange(StateStream& stream) { stream.number(state_); }
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"

namespace gulo {

class StateStream {
 public:
  StateStream() = default;  // writes
  // Reads what another stream has written.
  explicit StateStream(std::vector<uint64_t> numbers) : numbers_(std::move(numbers)), reads_(true) {}

  bool reads() const { return reads_; }
  const std::vector<uint64_t>& numbers() const { return numbers_; }

  // Throws Error (kData) where there is nothing left to read; so does list().
  template <std::unsigned_integral T>
  void number(T& value) {
    if (!reads_) return numbers_.push_back(value);
    check(next_ < numbers_.size());
    value = static_cast<T>(numbers_[next_++]);
  }
  template <std::unsigned_integral T>
  void list(std::vector<T>& values) {
    size_t n = values.size();
    number(n);
    check(!reads_ || n <= numbers_.size() - next_);
    if (reads_) values.resize(n);
    for (T& value : values) number(value);
  }
  // To be called when everything was read.
  void finish() const { check(next_ == numbers_.size()); }
  // What was read is not what could have been written.
  static void check(bool condition) {
    require(condition, ErrorKind::kData, "a saved state does not fit what it shall restore",
            "it is damaged, or of other data");
  }

 private:
  std::vector<uint64_t> numbers_;
  size_t next_ = 0;
  bool reads_ = false;
};

}  // namespace gulo
