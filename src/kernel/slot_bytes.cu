#include "kernel/slot_bytes.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void slot_bytes_cuda(const SlotBytes& slots, void* stream) { launch("slot_bytes", slots.grid(), slots, stream); }

}  // namespace gulo
