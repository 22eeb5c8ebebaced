// Plain threads for work over items: no pool that spins, nothing shared but a counter.
#pragma once

#include <cstddef>
#include <functional>

namespace gulo {

// Cores that this process may use (affinity and cgroup quota respected), at least 1.
int available_threads();

// Calls body(index, thread) for every index in [0, n), thread in [0, n_threads); chunks of `chunk` indices are handed
// out in order. The first exception stops the hand-out and is thrown again in the caller. n_threads <= 1 runs in the
// caller.
void parallel_for(size_t n, int n_threads, size_t chunk, const std::function<void(size_t, int)>& body);

}  // namespace gulo
