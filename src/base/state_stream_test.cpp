#include "base/state_stream.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/rng.h"

namespace gulo {
namespace {

struct Thing {
  uint64_t number = 0;
  std::vector<uint32_t> list;
  Rng rng{1};

  void exchange(StateStream& stream) {
    stream.number(number);
    stream.list(list);
    rng.exchange(stream);
  }
};

TEST(StateStream, WhatIsReadIsWhatWasWritten) {
  Thing written{~uint64_t{0}, {7, 0, 5}, Rng(3)};
  written.rng();
  StateStream out;
  written.exchange(out);
  Thing read;
  StateStream in(out.numbers());
  read.exchange(in);
  in.finish();
  EXPECT_EQ(read.number, written.number);
  EXPECT_EQ(read.list, written.list);
  EXPECT_EQ(read.rng(), written.rng());
}

TEST(StateStream, TooFewAndTooManyNumbersAreErrors) {
  StateStream out;
  Thing{1, {2, 3}, Rng(4)}.exchange(out);
  for (const bool fewer : {true, false}) {
    std::vector<uint64_t> numbers = out.numbers();
    if (fewer)
      numbers.pop_back();
    else
      numbers.push_back(0);
    StateStream in(numbers);
    Thing read;
    error_text(ErrorKind::kData, [&] {
      read.exchange(in);
      in.finish();
    });
  }
  StateStream absurd({0, ~uint64_t{0}});
  error_text(ErrorKind::kData, [&] { Thing().exchange(absurd); });
}

}  // namespace
}  // namespace gulo
