#include "kernel/slot_samples.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void slot_samples_cuda(const SlotSamples& slots, void* stream) { launch("slot_samples", slots.grid(), slots, stream); }

}  // namespace gulo
