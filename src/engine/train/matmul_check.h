// Which number format the deep part multiplies in on this machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "kernel/kernel_check.h"

namespace gulo {

// True where the CPU multiplies bf16 itself (AVX512-BF16 or AMX); elsewhere bf16 is 44 to 500 times slower than fp32.
bool cpu_has_bf16();
// LibTorch's products as the deep part uses them (plain, transposed on either side; sizes that are no multiple of the
// tile) against double. Known wrong answers exist for AMX paths of oneDNN 3.12.
std::vector<SelfTest> self_test_matmul(at::ScalarType dtype);
// bf16 where the CPU has it and it calculates right, else fp32; says so where it had to be switched off.
at::ScalarType matmul_dtype();

}  // namespace gulo
