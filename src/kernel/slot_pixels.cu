#include "kernel/slot_pixels.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void slot_pixels_cuda(const SlotPixels<float>& slots, void* stream) {
  launch("slot_pixels", slots.grid(), slots, stream);
}
void slot_pixels_cuda(const SlotPixels<uint16_t>& slots, void* stream) {
  launch("slot_pixels", slots.grid(), slots, stream);
}

}  // namespace gulo
