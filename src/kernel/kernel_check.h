// Do the kernels calculate right on this machine? Each against its reference, in a few milliseconds.
#pragma once

#include <string>
#include <vector>

namespace gulo {

struct SelfTest {
  std::string name;  // "ngram_bag extract"
  bool passed = false;
  double worst_error = 0;  // relative to the tolerance's scale; 0 for whole numbers that are equal
  std::string remark;      // what was switched off, if anything
};

// The instruction set that the kernels were dispatched to: "AVX3_ZEN4", "AVX2", ...
std::string kernel_target();
// Tests every kernel; one that fails has its instruction set switched off for this process and is tested again on the
// next.
std::vector<SelfTest> self_test_kernels();

}  // namespace gulo
