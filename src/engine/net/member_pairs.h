// Members of a network that learn side by side, two at a time: what a pair takes stays in cache, and threads have pairs
// of their own.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace gulo {

// `tensors` are of an even number of members each, [members, ...]; pair p is of members p and members / 2 + p. Calls
// loss(the tensors of a pair [2, ...], p) for every pair, from several threads at once, and returns the mean of these
// scalars. Where gradients are enabled it can be differentiated once; then the pairs' gradients are calculated right
// away, and all that a pair's loss needed is gone when it is done. On the CPU.
at::Tensor mean_over_pairs(const std::vector<at::Tensor>& tensors,
                           const std::function<at::Tensor(const std::vector<at::Tensor>& pair, int64_t p)>& loss);

}  // namespace gulo
