// What this process may still allocate.
#pragma once

#include <cstdint>

namespace gulo {

// Bytes that the machine, or the control group that this process lives in, has free; ~0 where the system does not say.
uint64_t free_memory_bytes();

}  // namespace gulo
