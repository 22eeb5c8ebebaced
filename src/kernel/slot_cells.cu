#include "kernel/slot_cells.h"

#include "kernel/cuda_launch.cuh"

namespace gulo {

void slot_cells_cuda(const SlotCells& slots, void* stream) { launch("slot_cells", slots.grid(), slots, stream); }

}  // namespace gulo
