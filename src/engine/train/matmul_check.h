// Which number format the deep part multiplies in on this machine.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/reader/reader.h"
#include "kernel/kernel_check.h"

namespace gulo {

// The products that training uses against double: tiles of whole and of few rows, with rows that overlap
// (engine/net/tile_product.h), and the optimiser's plain and transposed ones. Known wrong answers exist for other bf16
// paths of oneDNN 3.12 on AMX.
std::vector<SelfTest> self_test_matmul(at::ScalarType dtype);
// What a kind's network multiplies: bf16 where the CPU has it, it is the faster way and it calculates right, else fp32;
// says so where it had to be switched off.
at::ScalarType matmul_dtype(Kind kind);

}  // namespace gulo
